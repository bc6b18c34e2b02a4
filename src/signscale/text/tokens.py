"""From sentences to the token ids that an encoder was trained to see, with its language token where it has one.

mBART is tokenised by sentencepiece itself, its reference, because transformers 5.23 does it wrong: it drops the model's
Unicode normalisation (a full-width comma becomes <unk>), cannot read a sentencepiece model beside the protobuf that
mediapipe needs, and `MBartTokenizer(vocab_file=...)` ignores the file without a word. Other encoders use their own.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple, Protocol

from sentencepiece import SentencePieceProcessor
from transformers import AutoTokenizer, PretrainedConfig
from transformers.models.mbart.tokenization_mbart import FAIRSEQ_LANGUAGE_CODES

from signscale.errors import SignScaleError

MBART_PIECES = "sentencepiece.bpe.model"


class Tokens(NamedTuple):
    """The token ids of a sentence, and whether it was cut to fit."""

    ids: list[int]
    cut: bool


class Tokenizer(Protocol):
    """What the encoder asks of a tokenizer."""

    language_tokens: frozenset[str]  # empty: the encoder knows no languages

    def tokenize(self, texts: Sequence[str], language_token: str, max_tokens: int) -> list[Tokens]:
        """At most `max_tokens` ids a sentence, special tokens included."""

    def strings(self, ids: Iterable[int]) -> list[str]:
        """The tokens of ids, as text."""


class MBartTokenizer:
    """mBART (cc25): pieces, </s>, language token.

    Its ids keep fairseq's order: <s> <pad> </s> <unk>, the pieces moved up by one, 25 languages, <mask>.
    """

    def __init__(self, path: Path, vocabulary: int):
        try:
            self._model = SentencePieceProcessor(model_file=str(path))
        except (OSError, RuntimeError) as error:
            raise SignScaleError(f"{path}: not a sentencepiece model; fetch the encoder again") from error
        first = self._model.get_piece_size() + 1
        if vocabulary != first + len(FAIRSEQ_LANGUAGE_CODES) + 1:
            raise SignScaleError(
                f"{path}: {first - 1} pieces do not fit a vocabulary of {vocabulary}: not an mBART of 25 languages "
                "(mBART-50 places its language token elsewhere); set text.encoder to facebook/mbart-large-cc25"
            )
        self._special = {0: "<s>", 1: "<pad>", 2: "</s>", 3: "<unk>", vocabulary - 1: "<mask>"}
        self._languages = {code: first + place for place, code in enumerate(FAIRSEQ_LANGUAGE_CODES)}
        self._special |= {id_: code for code, id_ in self._languages.items()}
        self.language_tokens = frozenset(self._languages)

    def tokenize(self, texts: Sequence[str], language_token: str, max_tokens: int) -> list[Tokens]:
        """Pieces, </s>, language token; a long sentence loses its last pieces, never its special tokens."""
        room = max_tokens - 2
        suffix = [2, self._languages[language_token]]
        tokens = []
        for pieces in self._model.encode(list(texts)):
            ids = [piece + 1 if piece else 3 for piece in pieces[:room]]
            tokens.append(Tokens(ids + suffix, len(pieces) > room))
        return tokens

    def strings(self, ids: Iterable[int]) -> list[str]:
        """The tokens of ids; "▁" marks the beginning of a word."""
        return [self._special.get(id_) or self._model.id_to_piece(id_ - 1) for id_ in ids]


class PlainTokenizer:
    """An encoder without languages, by the tokenizer in its folder (MiniLM: [CLS], word pieces, [SEP])."""

    language_tokens: frozenset[str] = frozenset()

    def __init__(self, folder: Path):
        try:
            self._tokenizer = AutoTokenizer.from_pretrained(folder, trust_remote_code=False, local_files_only=True)
        except (OSError, ValueError, KeyError) as error:
            raise SignScaleError(f"{folder}: no readable tokenizer; fetch the encoder again") from error

    def tokenize(self, texts: Sequence[str], language_token: str, max_tokens: int) -> list[Tokens]:
        """The tokenizer's own special tokens around at most `max_tokens` less their number; `language_token` is ""."""
        batch = self._tokenizer(list(texts), truncation=True, max_length=max_tokens)
        return [
            Tokens(ids, bool(encoding.overflowing))
            for ids, encoding in zip(batch["input_ids"], batch.encodings, strict=True)
        ]

    def strings(self, ids: Iterable[int]) -> list[str]:
        """The tokens of ids."""
        return self._tokenizer.convert_ids_to_tokens(list(ids))


def load_tokenizer(folder: Path, config: PretrainedConfig) -> Tokenizer:
    """The tokenizer of the encoder in `folder`."""
    if config.model_type == "mbart":
        return MBartTokenizer(folder / MBART_PIECES, config.vocab_size)
    return PlainTokenizer(folder)

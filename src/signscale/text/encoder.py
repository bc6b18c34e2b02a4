"""The frozen text encoder: sentences in, one feature vector a token out.

The paper uses mBART-large (facebook/mbart-large-cc25, d = 1024); any Hugging Face encoder, or the encoder half of an
encoder-decoder, will do. It runs once a distinct sentence (signscale.text.store), never inside a training step.
"""

import pickle
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import torch
import transformers
from safetensors import SafetensorError

from signscale.errors import SignScaleError
from signscale.text.source import fetch_encoder, weight_files, weights_sha256
from signscale.text.tokens import Tokenizer, Tokens, load_tokenizer


class FrozenTextEncoder:
    """A text encoder that never learns. Equal batches give equal bits on the same machine.

    spec: its name in params. width: d, the size of a feature. weights_sha256: hex digest of its weights.
    languages: sign language (ISO 639-3) to language token; empty for an encoder that has none. device: where it runs.
    """

    def __init__(
        self,
        spec: str,
        model: torch.nn.Module,
        tokenizer: Tokenizer,
        languages: Mapping[str, str],
        max_tokens: int,
        weights_sha256: str,
    ):
        self.spec = spec
        self.width = int(model.config.hidden_size)
        self.weights_sha256 = weights_sha256
        self.languages = dict(languages)
        self.max_tokens = max_tokens
        self._tokenizer = tokenizer
        self._padding = int(model.config.pad_token_id)
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self._model = model.eval().requires_grad_(False).to(self.device)

    def language_tokens(self, sign_languages: Iterable[str]) -> dict[str, str]:
        """The language token of each sign language, "" for an encoder that has none.

        Raises SignScaleError naming text.languages and every sign language that has no entry there.
        """
        if not self._tokenizer.language_tokens:
            return dict.fromkeys(sign_languages, "")
        sign_languages = sorted(set(sign_languages))
        if missing := [code for code in sign_languages if code not in self.languages]:
            raise SignScaleError(
                f"text.languages: {self.spec} needs a language token for each sign language; "
                f"add an entry for {', '.join(missing)}, such as {missing[0]}: en_XX"
            )
        return {code: self.languages[code] for code in sign_languages}

    def tokenize(self, texts: Sequence[str], language_token: str) -> list[Tokens]:
        """Token ids of each sentence, at most `max_tokens`, and whether it was cut to fit."""
        return self._tokenizer.tokenize(texts, language_token, self.max_tokens)

    def strings(self, ids: Iterable[int]) -> list[str]:
        """The tokens of ids, as text."""
        return self._tokenizer.strings(ids)

    @torch.inference_mode()
    def features(self, sentences: Sequence[Sequence[int]]) -> list[np.ndarray]:
        """Features of sentences given as token ids: one float32 (n_i, d) array each; padding is masked and dropped."""
        longest = max(len(ids) for ids in sentences)
        padded = torch.full((len(sentences), longest), self._padding, dtype=torch.long)
        mask = torch.zeros((len(sentences), longest), dtype=torch.long)
        for row, ids in enumerate(sentences):
            padded[row, : len(ids)] = torch.as_tensor(ids)
            mask[row, : len(ids)] = 1
        output = self._model(input_ids=padded.to(self.device), attention_mask=mask.to(self.device))
        states = output.last_hidden_state.float().cpu().numpy()
        return [states[row, : len(ids)].copy() for row, ids in enumerate(sentences)]

    def encode(self, batch: Sequence[tuple[str, str]]) -> list[np.ndarray]:
        """Features of (text, sign language) pairs: one float32 (n_i, d) array each, n_i at most `max_tokens`."""
        tokens = self.language_tokens(language for _, language in batch)
        return self.features([self.tokenize([text], tokens[language])[0].ids for text, language in batch])


def load_encoder(
    spec: str,
    languages: Mapping[str, str],
    max_tokens: int,
    raw: Path | str = "data/raw",
    attempts: int = 5,
    timeout: float = 60.0,
) -> FrozenTextEncoder:
    """Fetch the encoder `spec` if need be (signscale.text.source) and load it, frozen.

    Weights are read from safetensors; a folder that has only pytorch_model*.bin (mBART-cc25 on the hub) is read by
    torch's weights-only loader, which runs no code. Raises SignScaleError naming the key of params.yaml that is wrong.
    """
    folder = fetch_encoder(spec, raw, attempts, timeout)
    model = _load_model(folder)
    tokenizer = load_tokenizer(folder, model.config)
    _check_languages(spec, languages, tokenizer)
    if max_tokens > model.config.max_position_embeddings:
        raise SignScaleError(
            f"text.max_tokens: {spec} takes at most {model.config.max_position_embeddings} tokens (found {max_tokens})"
        )
    return FrozenTextEncoder(spec, model, tokenizer, languages, max_tokens, weights_sha256(folder))


def _check_languages(spec: str, languages: Mapping[str, str], tokenizer: Tokenizer) -> None:
    if languages and not tokenizer.language_tokens:
        raise SignScaleError(
            f"text.languages: {spec} has no language tokens; leave it empty (in a preset: languages: {{only: true}})"
        )
    if unknown := sorted(set(languages.values()) - tokenizer.language_tokens):
        known = ", ".join(sorted(tokenizer.language_tokens))
        raise SignScaleError(f"text.languages: {spec} has no token {', '.join(unknown)}; it has {known}")


def _load_model(folder: Path) -> torch.nn.Module:
    """The encoder in float32, without its decoder if it has one."""
    safe = weight_files(folder)[0].suffix == ".safetensors"
    try:
        with _quiet():
            model, info = transformers.AutoModel.from_pretrained(
                folder, use_safetensors=safe, weights_only=True, trust_remote_code=False, local_files_only=True,
                dtype=torch.float32, output_loading_info=True,
            )  # fmt: skip
    except pickle.UnpicklingError as error:
        raise SignScaleError(f"{folder}: the weights hold more than numbers; do not trust this encoder") from error
    except (OSError, ValueError, RuntimeError, SafetensorError) as error:
        reason = str(error).strip().splitlines()[0]
        raise SignScaleError(f"{folder}: the encoder cannot be read ({reason}); fetch it again") from error
    # transformers fills what the file lacks with random numbers; only the pooler, which we do not use, may be missing.
    if missing := sorted(key for key in info["missing_keys"] if not key.startswith("pooler.")):
        raise SignScaleError(f"{folder}: {len(missing)} weights are missing ({missing[0]}, ...); fetch it again")
    return model.get_encoder() if model.config.is_encoder_decoder else model


@contextmanager
def _quiet() -> Iterator[None]:
    """Silence transformers while it loads: its report calls the unused decoder and head unexpected."""
    before = transformers.logging.get_verbosity()
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    try:
        yield
    finally:
        transformers.logging.set_verbosity(before)
        transformers.logging.enable_progress_bar()

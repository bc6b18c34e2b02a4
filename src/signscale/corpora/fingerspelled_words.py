"""Words spelled with real signed letters: letter clips of one sign language joined end to end.

The embedded corpus has single letters only. Joined, they give the other three tasks something real to work on: letters
as glosses, a sentence as text. The words are our own list (words.txt). What joining cannot give is the movement from
one letter to the next, so figures on this corpus say that a task runs, not how well it reads natural fingerspelling.

Splits are disjoint twice: a word is in one split by its sha256 (70 : 15 : 15), and a split uses only its own sign
languages, so neither a word nor a clip of dev or test is ever trained on.
    train  182 words, 11 languages x 36 = 396 samples, each word in 2 languages or more
    dev     40 words,  2 languages x 30 =  60 samples
    test    40 words,  3 languages x 40 = 120 samples
"""

import hashlib
import re
from collections import Counter
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

from signscale.corpora import fingerspelling
from signscale.corpora.templates import spelled_sentence
from signscale.errors import SignScaleError
from signscale.fetch.ledger import write_ledger
from signscale.formats.sample import Sample
from signscale.params import AcquireParams

NAME = "fingerspelled_words"
WORDS_PER_LANGUAGE = {"train": 36, "dev": 30, "test": 40}
SHARES = {"train": 0.70, "dev": 0.85}  # upper ends; the rest is test


def words() -> list[str]:
    """The word list: one word of 3 to 6 lower-case letters a line; raises SignScaleError on anything else."""
    listed = files("signscale.corpora").joinpath("words.txt").read_text(encoding="utf-8").split()
    for word in listed:
        if not re.fullmatch(r"[a-z]{3,6}", word) or listed.count(word) > 1:
            raise SignScaleError(f"corpora/words.txt: {word!r} is not a word of 3 to 6 letters a-z, or stands twice")
    return listed


def _digest(word: str) -> float:
    """A number in [0, 1) that depends on the word alone."""
    return int(hashlib.sha256(word.encode()).hexdigest()[:12], 16) / 16**12


def word_split(word: str) -> str:
    """The split of a word, by its sha256: a word added to the list moves no other."""
    return next((split for split, end in SHARES.items() if _digest(word) < end), "test")


def choose(words: list[str], letters: dict[str, set[str]], count: int) -> dict[str, list[str]]:
    """For each language of `letters`, `count` of `words` that it can spell (all it can, if fewer).

    Languages choose in turn, each the words used least so far, so that every word comes up about equally often; ties
    are broken by the words' sha256.
    """
    order = sorted(words, key=_digest)
    used: Counter[str] = Counter()
    dealt: dict[str, list[str]] = {}
    for language in sorted(letters):
        spellable = [word for word in order if set(word.upper()) <= letters[language]]
        dealt[language] = sorted(spellable, key=used.__getitem__)[:count]  # a stable sort keeps `order` among equals
        used.update(dealt[language])
    return dealt


def compose(word: str, language: str, split: str, clips: dict[str, str]) -> Sample:
    """The sample of one word in one sign language; clips: letter to the sample id of its clip."""
    return Sample(
        sample_id=f"{NAME}/{language}/{word}",
        corpus=NAME,
        split=split,
        language=language,
        signer="",
        clip="+".join(clips[letter] for letter in word.upper()),
        start=0.0,
        end=-1.0,
        fps=0.0,
        gloss=" ".join(word.upper()),
        text=spelled_sentence(word, word.upper()),
        label="",
        view="mediapipe",
    )


class FingerspelledWords:
    """The composed corpus: glosses are letters, the text is the word's sentence, no label."""

    name = NAME
    title = "Words spelled with signed letters"
    access = "composed"
    kind = "composed"
    licence = "MIT"
    source = fingerspelling.CORPUS.source
    base = fingerspelling.CORPUS.name

    def acquire(self, raw: Path, settings: AcquireParams) -> None:
        """Fetch nothing: the clips are in the ledger of the letters. Raises SignScaleError if the letters are not
        there."""
        if not (raw / self.base / fingerspelling.UNPACKED).is_dir():
            raise SignScaleError(f"{raw / self.base}: the letters are not there; acquire the corpus {self.base} first")
        write_ledger(raw / self.name / "ledger.csv", [])

    def samples(self, raw: Path) -> Iterator[Sample]:
        """Words of train languages, then dev, then test; within a split sorted by language and word."""
        clips: dict[str, dict[str, str]] = {language: {} for language in fingerspelling.LATIN}
        for letter in fingerspelling.CORPUS.samples(raw):
            if letter.label and letter.gloss == letter.label:  # A, but not Ä: the word is written without marks
                clips[letter.language].setdefault(letter.label, letter.sample_id)
        for split, count in WORDS_PER_LANGUAGE.items():
            letters = {code: set(found) for code, found in clips.items() if fingerspelling.split_of(code) == split}
            mine = [word for word in words() if word_split(word) == split]
            for language, chosen in choose(mine, letters, count).items():
                for word in sorted(chosen):
                    yield compose(word, language, split, clips[language])


CORPUS = FingerspelledWords()

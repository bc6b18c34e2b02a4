"""Isolated Chinese signs (SLR500, NMFs-CSL): lists of clips with labels, word lists, and a clip's Sample."""

from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import Any

from signscale.corpora.annotated import Place, split_files
from signscale.corpora.tables import Fault, RowError, lines, listed, words
from signscale.corpora.templates import gloss_sentence
from signscale.formats.sample import Sample

FILES = {"train": "train.txt", "test": "test.txt"}
GLOSSES = "gloss.txt"


def labelled_rows(
    folder: Path, faults: list[Fault], files: dict[str, str] = FILES
) -> Iterator[tuple[Place, dict[str, Any]]]:
    """Rows of list files `path label` with split, path, label and word ("" if gloss.txt has none for the label)."""
    glosses = labelled_words(folder / GLOSSES, faults) if (folder / GLOSSES).is_file() else {}
    for split, path in split_files(folder, files, faults):
        for number, (clip, label) in listed(path, faults):
            row = {"split": split, "path": clip.replace("\\", "/"), "label": label}
            yield Place(path.name, number), row | {"word": glosses.get(plain(label), "")}


def labelled_words(path: Path, faults: list[Fault]) -> dict[str, str]:
    """Label -> word of a word list: `label word` a line, the word perhaps of several; or a word a line from label 0."""
    numbered = [(number, words(line)) for number, line in lines(path, faults)]
    rows = [line.partition(" ") for _, line in numbered if line]
    if rows and all(label.isdecimal() and word for label, _, word in rows):
        return {plain(label): word for label, _, word in rows}
    return {str(number - 1): word for number, word in numbered if word}


def plain(label: str) -> str:
    """A label without leading zeros: 007 and 7 are one."""
    return label.lstrip("0") or "0"


def labelled_sample(corpus: str, row: dict[str, Any], classes: int, signer: str, fps: float) -> Sample:
    """The Sample of such a row; raises RowError on a label outside 0..classes-1, or one that the word list lacks.

    Where there is no word list at all (`word` is None), a clip has its label alone.
    """
    if not row["label"].isdecimal() or int(row["label"]) >= classes:
        raise RowError(f"label {row['label']!r} is none of 0 to {classes - 1}")
    if row["word"] == "":
        raise RowError(f"the word list has no word for label {row['label']}")
    clip, word = str(PurePosixPath(row["path"])), row["word"] or ""
    return Sample(
        sample_id=f"{corpus}/{clip}", corpus=corpus, split=row["split"], language="csl", signer=signer, clip=clip,
        start=0.0, end=-1.0, fps=fps, gloss=word, text=gloss_sentence(word, "csl") if word else "",
        label=str(int(row["label"])), view="mmpose",
    )  # fmt: skip


def first_there(folder: Path, names: Iterable[str]) -> str:
    """The first of the names that is below the folder; "" if none is."""
    return next((name for name in names if (folder / name).exists()), "")

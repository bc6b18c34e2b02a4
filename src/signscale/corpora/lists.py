"""Isolated signs given as list files: train.txt and test.txt (`path label`), and gloss.txt (`label word`)."""

from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

from signscale.corpora.annotated import Place, split_files
from signscale.corpora.tables import Fault, RowError, listed
from signscale.corpora.templates import gloss_sentence
from signscale.formats.sample import Sample

FILES = {"train": "train.txt", "test": "test.txt"}


def labelled_rows(folder: Path, faults: list[Fault]) -> Iterator[tuple[Place, dict[str, Any]]]:
    """Rows with split, path, label and word ("" if gloss.txt has none for the label)."""
    glosses = {label.lstrip("0") or "0": word for _, (label, word) in listed(folder / "gloss.txt", faults)}
    for split, path in split_files(folder, FILES, faults):
        for number, (clip, label) in listed(path, faults):
            row = {"split": split, "path": clip.replace("\\", "/"), "label": label}
            yield Place(path.name, number), row | {"word": glosses.get(label.lstrip("0") or "0", "")}


def labelled_sample(corpus: str, row: dict[str, Any], classes: int, signer: str, fps: float) -> Sample:
    """The Sample of such a row; raises RowError on a label outside 0..classes-1 or without a word."""
    if not row["label"].isdecimal() or int(row["label"]) >= classes:
        raise RowError(f"label {row['label']!r} is none of 0 to {classes - 1}")
    if not row["word"]:
        raise RowError(f"gloss.txt has no word for label {row['label']}")
    clip = str(PurePosixPath(row["path"]))
    return Sample(
        sample_id=f"{corpus}/{clip}", corpus=corpus, split=row["split"], language="csl", signer=signer, clip=clip,
        start=0.0, end=-1.0, fps=fps, gloss=row["word"], text=gloss_sentence(row["word"], "csl"),
        label=str(int(row["label"])), view="mmpose",
    )  # fmt: skip

"""NMFs-CSL: isolated Chinese signs that differ in non-manual features. Its authors send it on request.

Frames: jpg_video/<class>/<clip>/image_00001.jpg, counted from 1. Lists, in one of three forms: uni_trainlist01.csv and
uni_testlist01.csv (`<class>/<clip>,<label>`), as FangyunWei/SLRT reads them; traintestlist/trainlist01.txt
(`path label`) and testlist01.txt (path alone), as sakura2233565548/MASA does; train.txt and test.txt (`path label`), a
mirror's. All stand at the top of the raw folder or in its folder NMFs-CSL_video. The release has no word list; one that
is dropped in as gloss.txt (`label word`) gives the clips glosses and sentences.
"""

from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

from signscale.corpora.annotated import BOTH_VIEWS, AnnotatedCorpus, Place, split_files
from signscale.corpora.lists import FILES, GLOSSES, first_there, labelled_rows, labelled_sample, labelled_words, plain
from signscale.corpora.tables import Fault, lines
from signscale.errors import SignScaleError
from signscale.formats.sample import Sample

CLASSES = 1067
CONFUSING = range(610)
NORMAL = range(610, CLASSES)
RATE = 30.0
"""Frames a second of the published frame folders (from memory)."""

TOPS = ("", "NMFs-CSL_video/")
UNIFIED = {"train": "uni_trainlist01.csv", "test": "uni_testlist01.csv"}
INSIDER = {"train": "traintestlist/trainlist01.txt", "test": "traintestlist/testlist01.txt"}
LISTS = tuple(file for files in (UNIFIED, INSIDER, FILES) for file in files.values())
FRAMES = "jpg_video"
_VIDEO = (".avi", ".mp4")
_HOW = (
    "NMFs-CSL needs a signed agreement: ask for it at https://ustc-slr.github.io/datasets/2020_nmfs_csl/ "
    f"and drop its folder {FRAMES} and its lists ({', '.join(UNIFIED.values())}) there"
)


def _lists(folder: Path) -> tuple[str, dict[str, str]]:
    """The top below which the lists are, and their names by split. Raises SignScaleError if there are none."""
    for top in TOPS:
        for files in (UNIFIED, INSIDER, FILES):
            if (folder / top / files["train"]).is_file() or (folder / top / files["test"]).is_file():
                return top, files
    raise SignScaleError(f"{folder}: {', '.join(UNIFIED.values())} missing. {_HOW}")


def _rows(folder: Path, faults: list[Fault]) -> Iterator[tuple[Place, dict[str, Any]]]:
    top, files = _lists(folder)
    glosses = first_there(folder, (GLOSSES, f"{top}{GLOSSES}"))
    known = labelled_words(folder / glosses, faults) if glosses else None
    if known is None:
        faults.append(Fault(GLOSSES, 0, "no word list is there, so the clips have labels without words", "remark"))
    in_top = _insider_rows if files is INSIDER else labelled_rows
    for place, row in in_top(folder / top, faults, files):
        word = None if known is None else known.get(plain(row["label"]), "")
        yield place, row | {"path": _frames(folder, top, row["path"]), "word": word}


def _insider_rows(folder: Path, faults: list[Fault], files: dict[str, str]) -> Iterator[tuple[Place, dict[str, Any]]]:
    """Rows of the insider lists: a test line names no label, so its class folder has that of the training list.

    A class folder that the training list lacks has its own number, if that list's folders are all named by their label.
    """
    labels: dict[str, str] = {}
    for split, path in split_files(folder, files, faults):
        for number, line in lines(path, faults):
            cells = line.replace("\\", "/").split()
            if not cells:
                continue
            clip = PurePosixPath(cells[0])
            if split == "train" and len(cells) == 2:
                labels.setdefault(clip.parent.name, cells[1])
            label = (
                cells[1] if len(cells) == 2 else labels.get(clip.parent.name) or _own_label(clip.parent.name, labels)
            )
            if not label:
                faults.append(
                    Fault(path.name, number, "the training list has no label for its class folder", split=split)
                )
                continue
            yield Place(path.name, number), {"split": split, "path": str(clip), "label": label}


def _own_label(name: str, labels: dict[str, str]) -> str:
    """The label a class folder is named by; "" if folders (name -> label) have other names."""
    numbered = name.isdecimal() and labels and all(plain(known) == plain(label) for known, label in labels.items())
    return plain(name) if numbered else ""


def _frames(folder: Path, top: str, path: str) -> str:
    """The folder of frames that a list's path names: below jpg_video or not, with a video's extension or not.

    Lists may lie at another top than the frames.
    """
    under = path.removeprefix(f"{FRAMES}/")
    plainer = str(PurePosixPath(under).with_suffix("")) if under.lower().endswith(_VIDEO) else under
    tops = (top, *(other for other in TOPS if other != top))
    names = [f"{place}{name}" for place in tops for name in (f"{FRAMES}/{under}", f"{FRAMES}/{plainer}", path)]
    return first_there(folder, names) or f"{top}{FRAMES}/{plainer}"


def _sample(row: dict[str, Any]) -> Sample:
    return labelled_sample("nmfs_csl", row, CLASSES, signer="", fps=RATE)


def _check_access(folder: Path) -> None:
    _lists(folder)


CORPUS = AnnotatedCorpus(
    name="nmfs_csl",
    title="NMFs-CSL",
    access="manual",
    kind="frames",
    licence="research agreement with USTC",
    source="https://ustc-slr.github.io/datasets/2020_nmfs_csl/",
    language="csl",
    rows=_rows,
    sample=_sample,
    check_access=_check_access,
    dropped=(*(f"{top}{file}" for top in TOPS for file in LISTS), GLOSSES),
    views=BOTH_VIEWS,
    subsets={"total": range(CLASSES), "confusing": CONFUSING, "normal": NORMAL},
    official={"train": 25_608, "dev": 0, "test": 6_402},
    official_source="Hu et al., Global-local enhancement network for NMF-aware sign language recognition (TOMM 2021)",
)

"""SLR500: 500 isolated Chinese signs by 50 signers. Its authors send it on request.

The releases have no list of clips: a clip's folder is its class, and its file begins with its signer. Signers P01 to
P36 are for training, P37 to P50 for testing. Places, as people unpack them:
  color_video_125000/<000-499>/P01_01_00_0._color.mp4 (release of 2018; the dot is real), words in gloss_label.txt
  xf500_color_video/<000000-000499>/P01_01_00_0_color.avi (older release), words in dictionary.txt (`000000 word`)
  [fram_cut]slr500_rgb/<word>/P01_.../000001.jpg (frame folders), words in either
A mirror's lists train.txt and test.txt (`path label`) with gloss.txt (`label word`) are read in place of the folders.
"""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from signscale.corpora.annotated import BOTH_VIEWS, AnnotatedCorpus, Place
from signscale.corpora.lists import FILES, GLOSSES, first_there, labelled_rows, labelled_sample, labelled_words, plain
from signscale.corpora.tables import Fault
from signscale.errors import SignScaleError
from signscale.fetch.local import require_dropped
from signscale.formats.sample import Sample

CLASSES = 500
TRAIN_SIGNERS = 36
RATE = 30.0
"""Frames a second of the frame folders (from memory); videos know their own."""
VIDEOS = ("color_video_125000", "xf500_color_video", "[fram_cut]slr500_rgb")
WORDS = ("gloss_label.txt", "gloss-zip/gloss_label.txt", "dictionary.txt", GLOSSES)
_SIGNER = re.compile(r"(?:^|/)P(\d{2})_")
_VIDEO = (".mp4", ".avi")
_HOW = (
    "SLR500 needs a signed agreement: ask for it at https://ustc-slr.github.io/datasets/2015_csl/ "
    f"and drop its folder {VIDEOS[0]} and its {WORDS[0]} there"
)


def _rows(folder: Path, faults: list[Fault]) -> Iterator[tuple[Place, dict[str, Any]]]:
    if first_there(folder, FILES.values()):
        yield from labelled_rows(folder, faults)
        return
    videos = first_there(folder, VIDEOS) or VIDEOS[0]
    list_name = first_there(folder, WORDS) or WORDS[0]
    known = labelled_words(folder / list_name, faults)
    labels = {word: label for label, word in known.items()}
    for place, clip in _clips(folder, videos):
        name = clip.split("/")[1]
        label = plain(name) if name.isdecimal() else labels.get(" ".join(name.split()), "")
        if (signer := _SIGNER.search(clip)) is None or not label:
            stranger = f"folder {name!r} is no label and no word of {list_name}"
            what = "its name begins with no signer" if label else stranger
            faults.append(Fault(videos, place, f"{what}: {clip}"))
            continue
        split = "train" if int(signer.group(1)) <= TRAIN_SIGNERS else "test"
        yield Place(videos, place), {"split": split, "path": clip, "label": label, "word": known.get(label, "")}


def _clips(folder: Path, videos: str) -> Iterator[tuple[int, str]]:
    """(number, path) of the videos or frame folders below the class folders, sorted."""
    if not (folder / videos).is_dir():
        raise SignScaleError(f"{folder / videos}: no such folder of classes. {_HOW}")
    number = 0
    for top in sorted(entry.name for entry in os.scandir(folder / videos) if entry.is_dir()):
        for entry in sorted(os.scandir(folder / videos / top), key=lambda entry: entry.name):
            if entry.is_dir() or entry.name.lower().endswith(_VIDEO):
                number += 1
                yield number, f"{videos}/{top}/{entry.name}"


def _sample(row: dict[str, Any]) -> Sample:
    signer = _SIGNER.search(row["path"])
    is_video = row["path"].lower().endswith(_VIDEO)
    name = f"P{signer.group(1)}" if signer else ""
    return labelled_sample("slr500", row, CLASSES, signer=name, fps=0.0 if is_video else RATE)


def _check_access(folder: Path) -> None:
    if first_there(folder, FILES.values()):
        require_dropped(folder, [*FILES.values(), GLOSSES], _HOW)
    else:
        require_dropped(
            folder, [first_there(folder, VIDEOS) or VIDEOS[0], first_there(folder, WORDS) or WORDS[0]], _HOW
        )


CORPUS = AnnotatedCorpus(
    name="slr500",
    title="SLR500",
    access="manual",
    kind="video",
    licence="research agreement with USTC",
    source="https://ustc-slr.github.io/datasets/2015_csl/",
    language="csl",
    rows=_rows,
    sample=_sample,
    check_access=_check_access,
    dropped=(*FILES.values(), *WORDS),
    views=BOTH_VIEWS,
    official={"train": 89_945, "dev": 0, "test": 35_000},
    official_source="files of the release of 2018, counted by AI4Bharat/OpenHands; the paper says 90,000 and 35,000",
)

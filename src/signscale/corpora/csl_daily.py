"""CSL-Daily: Chinese sentences of daily life with glosses. Its authors send it on request.

Annotations, fields split by `|`: sentence_label/video_map.txt (index, name, length, gloss, char, word, postag) and
sentence_label/split_1.txt (name, split). The same facts also come as a pickle, which is never opened. Frames lie in
sentence/frames_512x512/<name>/000000.jpg, or, as others unpack them, in sentence_frames-512x512/<name>/.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from signscale.corpora.annotated import BOTH_VIEWS, AnnotatedCorpus, Place
from signscale.corpora.schema import FileName, Row, Word, checked
from signscale.corpora.tables import Fault, RowError, number, table, words
from signscale.fetch.local import require_dropped
from signscale.formats.sample import Sample

SENTENCES = "sentence_label/video_map.txt"
SPLIT = "sentence_label/split_1.txt"
FRAMES = ("sentence/frames_512x512", "sentence_frames-512x512")
"""Where the frame folders lie: the authors' place, then that of FangyunWei/SLRT."""
RENAMED = ("S000005_P0004_T00", "S000007_P0003_T00")
"""split_1.txt has the first name where video_map.txt and the frames have the second: the same clip."""
RATE = 30.0
"""Frames a second of the published frame folders (from memory)."""

_HOW = (
    "CSL-Daily needs a signed agreement: ask for it at https://ustc-slr.github.io/datasets/2021_csl_daily/ "
    "and drop its folders sentence_label and sentence there"
)


def _rows(folder: Path, faults: list[Fault]) -> Iterator[tuple[Place, dict[str, Any]]]:
    """Rows of video_map.txt in its order, each with its split; names with two splits, or without a row, are faults."""
    frames = _frames(folder)
    splits: dict[str, str] = {}
    unmatched: dict[str, int] = {}
    for line, row in table(folder / SPLIT, "|", ("name", "split"), faults):
        if row["name"] in splits:
            faults.append(Fault("split_1.txt", line, f"{row['name']} stands twice; the first is kept"))
            continue
        splits[row["name"]] = row["split"].strip()
        unmatched[row["name"]] = line
    sentences = list(table(folder / SENTENCES, "|", ("name", "length", "gloss", "char"), faults))
    old, new = RENAMED
    if old in splits and new not in splits and old not in {row["name"] for _, row in sentences}:
        splits[new] = splits.pop(old)
        unmatched[new] = unmatched.pop(old)
        faults.append(Fault("split_1.txt", unmatched[new], f"{old} is {new}, as is known", "remark", splits[new]))
    for line, row in sentences:
        unmatched.pop(row["name"], None)
        yield Place("video_map.txt", line), row | {"split": splits.get(row["name"]), "frames": frames}
    faults += [Fault("split_1.txt", line, f"video_map.txt has no {name}") for name, line in unmatched.items()]


class Sentence(Row):
    """A row of video_map.txt. length: frames, in digits. gloss: glosses. char: characters, split by spaces."""

    name: FileName
    length: str
    gloss: str
    char: Word


def _sample(row: dict[str, Any]) -> Sample:
    sentence = checked(Sentence, row)
    if row["split"] is None:
        raise RowError(f"split_1.txt has no {sentence.name}")
    length = number(row, "length")
    if length < 1:
        raise RowError(f"length is {length:g} frames")
    return Sample(
        sample_id=f"csl_daily/{sentence.name}", corpus="csl_daily", split=row["split"], language="csl",
        signer=_signer(sentence.name), clip=f"{row['frames']}/{sentence.name}", start=0.0, end=length / RATE, fps=RATE,
        gloss=words(sentence.gloss), text=sentence.char.replace(" ", ""), label="", view="mmpose",
    )  # fmt: skip


def _frames(folder: Path) -> str:
    """The folder of frames that is there; the authors' if none is."""
    return next((root for root in FRAMES if (folder / root).is_dir()), FRAMES[0])


def _signer(name: str) -> str:
    """P0004 of S000020_P0004_T00; "" if the name has another form."""
    parts = name.split("_")
    return parts[1] if len(parts) == 3 and parts[1].startswith("P") else ""


def _check_access(folder: Path) -> None:
    require_dropped(folder, [SENTENCES, SPLIT, _frames(folder)], _HOW)


CORPUS = AnnotatedCorpus(
    name="csl_daily",
    title="CSL-Daily",
    access="manual",
    kind="frames",
    licence="research agreement with USTC",
    source="https://ustc-slr.github.io/datasets/2021_csl_daily/",
    language="csl",
    rows=_rows,
    sample=_sample,
    check_access=_check_access,
    dropped=(SENTENCES, SPLIT),
    views=BOTH_VIEWS,
    official={"train": 18_401, "dev": 1_077, "test": 1_176},
    official_source="Zhou et al., Improving sign language translation (CVPR 2021), and split_1.txt",
)

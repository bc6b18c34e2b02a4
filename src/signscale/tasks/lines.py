"""Reads prediction lines and the text files of other systems, for several tasks."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from signscale.errors import SignScaleError
from signscale.tasks.task import Prediction

SHOWN = 3


def named(names: Sequence[str]) -> str:
    """The first few names, and dots if there are more."""
    return ", ".join([*names[:SHOWN], *(["..."] if len(names) > SHOWN else [])])


def column(predictions: Sequence[Prediction], key: str) -> list[Any]:
    """One field of every line; raises SignScaleError naming the first sample without it."""
    for line in predictions:
        if key not in line:
            raise SignScaleError(f"{line.get('sample_id', 'a line')}: {key!r} is missing from the prediction")
    return [line[key] for line in predictions]


def references(predictions: Sequence[Prediction]) -> list[str]:
    """The references of the lines; raises SignScaleError on an empty one."""
    found = column(predictions, "reference")
    for line in predictions:
        if not line["reference"].strip():
            raise SignScaleError(f"{line['sample_id']}: the reference is empty; give its text or leave the sample out")
    return found


def empty_hypotheses(predictions: Sequence[Prediction], counted: str) -> list[str]:
    """A remark on the hypotheses without a word, and how they are counted."""
    empty = [str(line["sample_id"]) for line in predictions if not line["hypothesis"].split()]
    return [f"{len(empty)} of {len(predictions)} hypotheses are empty ({named(empty)}): {counted}"] if empty else []


def final_marks(predictions: Sequence[Prediction]) -> list[str]:
    """A remark if most sentences of one side end in punctuation and most of the other do not."""
    truths, ours = (
        sum(line[key].rstrip().endswith((".", "!", "?", "。", "！", "？")) for line in predictions) / len(predictions)
        for key in ("reference", "hypothesis")
    )
    if max(truths, ours) < 0.5 or min(truths, ours) > 0.1:
        return []
    return [
        f"{truths:.0%} of the references and {ours:.0%} of the hypotheses end in punctuation: it counts as a token; "
        "give both sides with it or without"
    ]


def unspaced(predictions: Sequence[Prediction]) -> list[str]:
    """A remark if most references are Chinese or Japanese without spaces, so that each is one token or a few."""
    texts = [line["reference"].strip() for line in predictions]
    count = sum(len(text.split()) == 1 and len(_UNSPACED.findall(text)) > 1 for text in texts)
    if count * 2 < len(texts):
        return []
    return [f"{count} of {len(texts)} references have no spaces: 13a takes each for a word or two; use --tokenize char"]


_UNSPACED = re.compile("[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff]")  # kana and Han


def read_lines(path: Path) -> list[str]:
    """Lines of a UTF-8 file, empty ones kept, since each is a sample. Raises SignScaleError if it cannot be read."""
    try:
        lines = path.read_bytes().decode("utf-8-sig").split("\n")
    except OSError as error:
        raise SignScaleError(f"{path}: cannot be read ({error.strerror}); check the name") from None
    except UnicodeDecodeError as error:
        raise SignScaleError(f"{path}: byte {error.start} is not UTF-8; convert the file to UTF-8") from None
    return [line.rstrip("\r") for line in (lines[:-1] if lines[-1] == "" else lines)]


def read_pairs(hyp: Path, ref: Path) -> list[tuple[str, str, str]]:
    """(name, truth, hypothesis) of each line of two files; raises SignScaleError if they are not of one length."""
    truths, hypotheses = read_lines(ref), read_lines(hyp)
    if len(truths) != len(hypotheses):
        raise SignScaleError(f"{hyp}: {len(hypotheses)} lines, but {ref} has {len(truths)}; one line a sample")
    pairs = zip(truths, hypotheses, strict=True)
    return [(f"{ref} line {at}", truth, ours) for at, (truth, ours) in enumerate(pairs, start=1)]


def read_sentences(hyp: Path, ref: Path) -> list[Prediction]:
    """Prediction lines of two files of sentences; their language is not known from them."""
    return [
        {"sample_id": name, "language": "", "reference": truth, "hypothesis": ours}
        for name, truth, ours in read_pairs(hyp, ref)
    ]

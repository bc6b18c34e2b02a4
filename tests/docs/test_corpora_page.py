"""The page of the nine corpora: its numbers are the corpora's own, and each of its params lines reads a file."""

import re
from pathlib import Path

import pytest
import yaml
from keypoint_writers import WRITERS, real_clips

from signscale.corpora import load_corpus
from signscale.formats.sample import Sample
from signscale.keypoints.readers.published.clips import PublishedClips
from signscale.params import load_params

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs/corpora.md").read_text(encoding="utf-8")
SNIPPETS = [
    block
    for page in ("corpora.md", "published-keypoints.md")
    for block in re.findall(r"^```yaml\n(.*?)^```", (ROOT / "docs" / page).read_text(), re.MULTILINE | re.DOTALL)
]
NINE = ("wlasl", "msasl", "nmfs_csl", "slr500", "phoenix14", "phoenix14t", "csl_daily", "how2sign", "bobsl")
RATES = {"phoenix14": 25.0, "phoenix14t": 25.0, "csl_daily": 30.0, "nmfs_csl": 30.0}
"""Frames a second that a corpus's rows state; the others' rows state none."""


def entries(block: str) -> dict:
    return yaml.safe_load(block)["keypoints"]["published"]


@pytest.mark.parametrize("block", SNIPPETS)
def test_the_params_of_a_snippet_read_a_file_of_its_format(block, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("workflow/presets").mkdir(parents=True)
    Path("params.yaml").write_text((ROOT / "params.yaml").read_text())
    Path("workflow/presets/mine.yaml").write_text(block)
    params = load_params(tmp_path, "mine")
    ((corpus, entry),) = params.keypoints.published.items()
    assert entry.model_dump(exclude_unset=True) == entries(block)[corpus]
    size = tuple(entry.size) if entry.size else (256, 144)  # small enough for every picture that the formats know
    WRITERS[entry.format](Path(entry.path), real_clips(("a", "b", "c")), size)
    end = 21 / 30 if corpus == "how2sign" else -1.0
    row = Sample(f"{corpus}/b", corpus, "train", "ase", "", "v/b", 0.0, end, RATES.get(corpus, 0.0), "", "", "", "")
    clip = PublishedClips(entry, corpus, Path("raw")).clip(row)
    assert len(clip.keypoints) == 21
    assert clip.fps > 0


@pytest.mark.parametrize("name", NINE)
def test_the_numbers_of_the_page_are_those_of_the_corpus(name) -> None:
    corpus = load_corpus(name)
    numbers = " | ".join(f"{corpus.official[split]:,}" for split in ("train", "dev", "test"))
    assert f"| `{name}` | {numbers} | {corpus.official_of} |" in PAGE


@pytest.mark.parametrize("name", NINE)
def test_each_corpus_has_its_part_with_its_source_and_what_it_must_hold(name) -> None:
    corpus = load_corpus(name)
    (part,) = re.findall(rf"^## {re.escape(corpus.title)}\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL)
    assert corpus.source in part
    assert "**Published keypoints**" in part
    for block in re.findall(r"^```yaml\n(.*?)^```", part, re.MULTILINE | re.DOTALL):
        assert list(entries(block)) == [name]

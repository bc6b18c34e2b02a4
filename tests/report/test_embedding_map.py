"""The map of signs: embeddings that padding leaves alone, axes and neighbours by hand."""

import re
from contextlib import closing

import numpy as np
import pytest

from signscale.data.clips import clips_of
from signscale.formats.packed import open_pack
from signscale.report.clips import Clips
from signscale.report.embedding_map import alike, draw, embed, embedding_map, principal
from signscale.report.pretrained import read_pretrained


@pytest.fixture
def pretrained(learned):
    return read_pretrained(learned.params, learned.root)


def test_a_clip_has_one_place_whoever_shares_its_batch(learned, pretrained):
    refs = clips_of(open_pack(learned.root / "pack" / "letters"), "label", ["test"])
    together = embed(refs, pretrained)
    alone = np.concatenate([embed([ref], pretrained) for ref in refs])
    assert len({ref.frames for ref in refs}) > 1
    assert np.abs(together - alone).max() < 1e-5


def test_the_axes_are_those_of_largest_variance():
    rows = np.array([[3.0, 0, 0], [-3, 0, 0], [0, 0, -1], [0, 0, 1], [0, 0.1, 0], [0, -0.1, 0]]) + 7
    places, kept = principal(rows)
    assert np.allclose(places[:4], [[3, 0], [-3, 0], [0, -1], [0, 1]])
    assert kept == pytest.approx(20 / 20.02)


def test_neighbours_and_chance_by_hand():
    rows = np.array([[0.0], [1], [10], [12], [30]])
    assert alike(rows, ["a", "a", "b", "c", "c"]) == (3 / 5, 4 / 20)


def test_a_label_is_written_where_its_clip_lies():
    chart = draw(np.array([[0.0, 0], [1, 0], [1, 2]]), ["A", "B", "<b>"], ["x", "y", "z"], "")
    marks = re.findall(r'<text x="([\d.]+)" y="([\d.]+)" class="sign"[^>]*>(.*?)<title>', chart)
    assert marks == [("22.0", "438.0", "A"), ("618.0", "438.0", "B"), ("618.0", "22.0", "&lt;b&gt;")]


def test_the_map_names_the_benchmark_and_has_a_clip_for_every_mark(learned, pretrained):
    with closing(Clips(learned.root)) as clips:
        found = embedding_map(pretrained, learned.params, learned.root, clips)
        assert (found.benchmark, found.classes, found.all_classes) == ("letters", 4, 4)
        assert found.chart.count('class="sign"') == len(found.clips) == 4
        assert embedding_map(None, learned.params, learned.root, clips) is None

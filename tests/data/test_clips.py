"""Which clips of a packed corpus a benchmark takes."""

from collections import Counter
from dataclasses import replace
from types import SimpleNamespace

from signscale.corpora.parts import with_other_views
from signscale.data.clips import ClipRef, clips_of, few_shot
from signscale.formats.sample import Sample

SIGN = Sample("wlasl/1", "wlasl", "train", "ase", "", "x", 0.0, -1.0, 25.0, "book", "t", "0", "mmpose")


def test_a_benchmark_takes_a_clip_once_however_many_views_pretraining_has_of_it():
    rows = list(with_other_views([SIGN]))
    taken = clips_of(SimpleNamespace(samples=rows, shard=None), "label", ["train"])
    assert len(rows) == 2
    assert [(ref.sample, ref.index) for ref in taken] == [(SIGN, 0)]


def test_few_shots_are_so_many_clips_of_every_class_and_another_draw_for_another_seed():
    sizes = {"a": 9, "b": 2, "c": 40}
    rows = [replace(SIGN, sample_id=f"wlasl/{c}{k}", label=c) for c, size in sizes.items() for k in range(size)]
    train = [ClipRef(row, None, index) for index, row in enumerate(rows)]
    dealt = few_shot(train, 5, 1)
    assert Counter(ref.sample.label for ref in dealt) == {"a": 5, "b": 2, "c": 5}
    assert len({ref.index for ref in dealt}) == 12
    assert few_shot(train, 5, 1) == dealt != few_shot(train, 5, 2)
    assert few_shot(train, 0, 1) == train

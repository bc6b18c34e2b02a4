"""Which clips of a packed corpus a benchmark takes."""

from types import SimpleNamespace

from signscale.corpora.parts import with_other_views
from signscale.corpora.sample import Sample
from signscale.data.clips import clips_of

SIGN = Sample("wlasl/1", "wlasl", "train", "ase", "", "x", 0.0, -1.0, 25.0, "book", "t", "0", "mmpose")


def test_a_benchmark_takes_a_clip_once_however_many_views_pretraining_has_of_it():
    rows = list(with_other_views([SIGN]))
    taken = clips_of(SimpleNamespace(samples=rows, shard=None), "islr", ["train"])
    assert len(rows) == 2
    assert [(ref.sample, ref.index) for ref in taken] == [(SIGN, 0)]

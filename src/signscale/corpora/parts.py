"""Which part of a corpus a run takes: the splits of pre-training, the classes of a benchmark's published subset.

These are facts of the corpora (pretrain_splits, subsets), so a run that uses them has them in its receipt too.
"""

from signscale.corpora import load_corpus
from signscale.corpora.sample import Sample
from signscale.errors import SignScaleError
from signscale.params import PretrainParams


def pretrain_splits(params: PretrainParams, corpus: str) -> list[str]:
    """The splits of a corpus that pre-training sees: those of params, or what the paper takes of it. Never test."""
    if params.splits != "paper":
        return list(params.splits)
    return list(getattr(load_corpus(corpus), "pretrain_splits", ("train",)))


def subset_labels(corpus: str, subset: str) -> range:
    """The class labels of a published subset. Raises SignScaleError, naming those there are, if it is unknown."""
    published = getattr(load_corpus(corpus), "subsets", {})
    if subset not in published:
        raise SignScaleError(f"{corpus} has no subset {subset!r}; it has {', '.join(published) or 'none'}")
    return published[subset]


def in_subset(sample: Sample, subset: str) -> bool:
    """Whether a sample's class is in a published subset of its corpus; the subset "" is the whole corpus."""
    if not subset:
        return True
    return sample.label.isdecimal() and int(sample.label) in subset_labels(sample.corpus, subset)

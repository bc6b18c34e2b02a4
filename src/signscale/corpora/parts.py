"""Which part of a corpus a run takes: the splits of pre-training, the classes of a published subset, views of a clip.

These are facts of the corpora (pretrain_splits, subsets, views), so a run that uses them has them in its record too.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from signscale.corpora import load_corpus
from signscale.errors import SignScaleError
from signscale.formats.sample import Sample
from signscale.params import PretrainParams


def pretrain_splits(params: PretrainParams, corpus: str) -> list[str]:
    """The splits of a corpus that pre-training sees: those of params, or what the paper takes of it. Never test."""
    if params.splits != "paper":
        return list(params.splits)
    return list(getattr(load_corpus(corpus), "pretrain_splits", ("train",)))


def subset_labels(corpus: str, subset: str) -> range | tuple[str, ...]:
    """The labels of a published subset: a range of classes, or labels by name.

    Raises SignScaleError, naming those there are, if it is unknown.
    """
    published = getattr(load_corpus(corpus), "subsets", {})
    if subset not in published:
        raise SignScaleError(f"{corpus} has no subset {subset!r}; it has {', '.join(published) or 'none'}")
    return published[subset]


def in_subset(sample: Sample, subset: str) -> bool:
    """Whether a sample's class is in a published subset of its corpus; the subset "" is the whole corpus."""
    if not subset:
        return True
    labels = subset_labels(sample.corpus, subset)
    if isinstance(labels, tuple):
        return sample.label in labels
    return sample.label.isdecimal() and int(sample.label) in labels


def with_other_views(samples: Iterable[Sample]) -> Iterator[Sample]:
    """The samples, each of those the paper pre-trains on followed by one for every other view of its clip.

    PAPER, Keypoints: InterWild's hands with MMPose's body and face are a second sample of the same clip. What is only
    fine-tuned or scored on keeps one.
    """
    for sample in samples:
        yield sample
        corpus = load_corpus(sample.corpus)
        if sample.split in getattr(corpus, "pretrain_splits", ()):
            for view in corpus.views[1:]:
                yield replace(sample, sample_id=f"{sample.sample_id}@{view}", view=view)


def is_first_view(sample: Sample) -> bool:
    """Whether a sample is the one of its clip that benchmarks take, and not one that `with_other_views` added."""
    return not sample.sample_id.endswith(f"@{sample.view}")

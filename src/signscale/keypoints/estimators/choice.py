"""Which estimators a preset and a corpus use, and what they need: weights, a GPU, memory, settings.

`keypoints.estimator: paper` leaves it to the view of each sample, which names its estimator; any other value names one
estimator for all views.
"""

from collections.abc import Iterable
from typing import Any

from signscale.corpora import load_corpus
from signscale.corpora.corpus import Corpus
from signscale.errors import SignScaleError
from signscale.keypoints.estimators import ESTIMATORS
from signscale.keypoints.estimators.base import PoseEstimator
from signscale.keypoints.estimators.estimator import Estimator
from signscale.params import KeypointsParams, Params, WeightsParams
from signscale.params.keypoints import PAPER

FIRST_VIEW = "mmpose"
"""The paper's estimator of a clip that belongs to no corpus."""


def estimator_of(settings: KeypointsParams, view: str) -> Estimator:
    """The estimator of a sample of this view."""
    return ESTIMATORS.load(view if settings.estimator == PAPER else settings.estimator)


def estimators_of(settings: KeypointsParams, corpus: Corpus) -> tuple[Estimator, ...]:
    """The estimators of a corpus's views, less those that their settings make unusable.

    None of recorded skeletons and of published keypoints, which are read.
    """
    if corpus.kind not in ("video", "frames") or (settings.published and corpus.name in settings.published):
        return ()
    chosen = {one.name: one for one in (estimator_of(settings, view) for view in corpus.views)}
    return tuple(one for one in chosen.values() if one.usable(settings.of(one.name)))


def running(settings: KeypointsParams, names: Iterable[str]) -> dict[str, PoseEstimator]:
    """The estimators of these names, ready to estimate."""
    built: dict[str, PoseEstimator] = {}

    def ready(name: str) -> PoseEstimator:
        if name not in built:
            one = ESTIMATORS.load(name)
            built[name] = one.build(settings.of(name), *([ready(one.on)] if one.on else []))
        return built[name]

    return {name: ready(name) for name in names}


def for_view(estimators: dict[str, PoseEstimator], settings: KeypointsParams, view: str) -> PoseEstimator:
    """The running estimator for a sample of this view; raises SignScaleError if it does not run."""
    name = estimator_of(settings, view).name
    if name not in estimators:
        raise SignScaleError(
            f"keypoints.{name}: not usable with its settings, but the manifest has clips for it; acquire again"
        )
    return estimators[name]


def deciding(settings: KeypointsParams, names: Iterable[str]) -> dict[str, Any]:
    """The settings of these estimators by name, less those that change no number."""
    with_bases = {one.name: one for name in names for one in _with_base(name)}
    return {
        one.name: settings.of(one.name).model_dump(exclude=set(one.speed_only))
        for one in sorted(with_bases.values(), key=lambda one: one.name)
    }


def weights_of(settings: KeypointsParams, corpus: Corpus) -> list[WeightsParams]:
    """The weights that a corpus's extraction reads."""
    chosen = {one.name: one for of_view in estimators_of(settings, corpus) for one in _with_base(of_view.name)}
    return [weights for one in chosen.values() for weights in one.weights(settings.of(one.name))]


def weights_to_fetch(params: Params) -> list[WeightsParams]:
    """Those weights of all corpora of a preset that are named by a URL."""
    needed = (w for name in params.acquire.corpora for w in weights_of(params.keypoints, load_corpus(name)))
    return list({weights.source: weights for weights in needed if "://" in weights.source}.values())


def wants_gpu(settings: KeypointsParams, corpus: Corpus) -> bool:
    """Whether a corpus's extraction asks for a GPU."""
    return any(one.gpu for one in estimators_of(settings, corpus))


def processes(settings: KeypointsParams, corpus: Corpus) -> int:
    """The processes that share the clips of one extraction job: several where there are pictures to estimate."""
    return 4 if estimators_of(settings, corpus) else 1


def memory_mb(settings: KeypointsParams, corpus: Corpus, processes: int) -> int:
    """The memory of an extraction job in MB, with slack for a few frames of 4K.

    A process of MediaPipe takes 300 MB with 720p, one that decodes and crops 86 MB; 64 of them 3.2 GB together. An
    estimator that shares batches has one process with its networks, and beside a GPU others that turn outputs into
    points, with torch in memory; theirs are generous guesses. Published keypoints may be one pickle of 4 GB, which is
    in memory whole.
    """
    if corpus.name in settings.published:
        return 16_000
    chosen = estimators_of(settings, corpus)
    first, each = (6800, 800) if any(one.shares_batches for one in chosen) else (2000, 700)
    return first + each * processes if chosen else 4000


def _with_base(name: str) -> list[Estimator]:
    one = ESTIMATORS.load(name)
    return [*(_with_base(one.on) if one.on else []), one]

"""The keypoints of videos that people name, by the estimator that a model knows, in processes that begin at once.

Several processes share the videos, while the caller imports torch and reads the model; an estimator that shares batches
has one process, in its own environment (estimator_process.py). What takes long to import is imported where it is used:
until the processes have begun, every tenth of a second is one of waiting.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from signscale.cpus import available_cpus
from signscale.errors import SignScaleError
from signscale.keypoints import workers
from signscale.keypoints.estimators import ESTIMATORS
from signscale.model.preprocessing import Estimator, Preprocessing
from signscale.params import checked, load_params

if TYPE_CHECKING:
    from signscale.formats.shard import Clip


def known_estimator(preprocessing: Preprocessing) -> Estimator:
    """The estimator for a model's videos: of those it was trained on, the one with the most clips.

    Skeletons that others recorded with one of ours count as its own. Of a corpus with a second view of its clips it is
    the first. Raises SignScaleError if no estimator that SignScale can run is among them.
    """
    known = ESTIMATORS.names()
    runs = [one for one in preprocessing.estimators if _runs(one) in known]
    if not runs:
        names = ", ".join(one.name for one in preprocessing.estimators)
        raise SignScaleError(
            f"the model was trained on keypoints of {names}, which cannot be run here; "
            "estimate them elsewhere and give a .pose file"
        )
    most = max(runs, key=lambda one: one.clips)
    return most.model_copy(update={"name": _runs(most), "version": most.version.split("; ")[0]})


def _runs(estimator: Estimator) -> str:
    """The estimator of a clip's own view."""
    return estimator.name.split("+")[0]


def estimate(video: Path, preprocessing: Preprocessing) -> "Clip":
    """The keypoints of a single video, as the model knows them; raises SignScaleError if it cannot be read."""
    known = known_estimator(preprocessing)
    if not ESTIMATORS.load(known.name).shares_batches:
        return _clip_by_clip(known.name, _settings(known, preprocessing), preprocessing.longest_side)(video)
    with _sharing_batches([video], known, preprocessing) as results:
        ((_, clip),) = results
    if isinstance(clip, SignScaleError):
        raise clip
    return clip


@contextmanager
def estimating(
    videos: list[Path], preprocessing: Preprocessing
) -> Iterator[Iterator[tuple[int, "Clip | SignScaleError"]]]:
    """(index, keypoints) of the videos as they are done, in processes that begin at once and end with the block.

    In place of the keypoints of a video that cannot be read stands its SignScaleError.
    """
    if not videos:
        yield iter(())
        return
    known = known_estimator(preprocessing)
    if ESTIMATORS.load(known.name).shares_batches:
        with _sharing_batches(videos, known, preprocessing) as results:
            yield results
    else:
        arguments = (known.name, _settings(known, preprocessing), preprocessing.longest_side)
        with workers.at_work(_clip_by_clip, arguments, videos, available_cpus()) as results:
            yield results


@contextmanager
def opened(
    clips: list[Path], preprocessing: Preprocessing
) -> Iterator[Iterator[tuple[Path, "Path | Clip | SignScaleError"]]]:
    """The clips in their order, each beside its keypoints or why there are none; what is no video stands for itself.

    The videos are estimated by `estimating`, ahead of what the caller does with the first.
    """
    videos = [place for place, clip in enumerate(clips) if clip.suffix != ".pose" and clip.is_file()]
    with estimating([clips[place] for place in videos], preprocessing) as results:
        yield _in_order(clips, videos, results)


def _in_order(
    clips: list[Path], videos: list[int], results: Iterator[tuple[int, "Clip | SignScaleError"]]
) -> Iterator[tuple[Path, "Path | Clip | SignScaleError"]]:
    early: dict[int, Clip | SignScaleError] = {}
    waited = set(videos)
    for place, clip in enumerate(clips):
        while place in waited and place not in early:
            index, outcome = next(results)
            early[videos[index]] = outcome
        yield clip, early.pop(place, clip)


def _settings(known: Estimator, preprocessing: Preprocessing) -> dict[str, Any]:
    """The estimator's settings: those that the model's folder keeps, else those of params.yaml."""
    return preprocessing.settings_of(known.name) or load_params(".").keypoints.of(known.name).model_dump()


def _clip_by_clip(estimator: str, settings: dict[str, Any], longest_side: int) -> Callable[[Path], "Clip"]:
    """A function that estimates a video: the work of one process."""
    from signscale.keypoints.estimators.estimation import estimated
    from signscale.keypoints.readers.video import open_video
    from signscale.keypoints.scale import scaled

    offered = ESTIMATORS.load(estimator)
    ready = offered.build(checked(offered.settings, settings, f"keypoints.{estimator}"))

    def clip_of(path: Path) -> "Clip":
        with open_video(path) as video:
            return estimated(str(path), scaled(video, longest_side), ready)

    return clip_of


def _sharing_batches(
    videos: list[Path], known: Estimator, preprocessing: Preprocessing
) -> AbstractContextManager[Iterator[tuple[int, "Clip | SignScaleError"]]]:
    """The results of `estimating` from the estimator's own process."""
    from signscale.predict import estimator_process

    request = estimator_process.Request(
        videos=[str(video) for video in videos],
        longest_side=preprocessing.longest_side,
        estimator=known.name,
        settings=_settings(known, preprocessing),
        version=known.version,
    )
    return estimator_process.estimating(request)

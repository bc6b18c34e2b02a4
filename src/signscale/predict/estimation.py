"""The keypoints of videos that people name, by the estimator that a model knows, in processes that begin at once.

MediaPipe's processes are ours: they import it and what it needs, while the caller imports torch and reads the model.
MMPose runs in its own environment (elsewhere.py). What takes long to import is imported where it is used: until the
processes have begun, every tenth of a second is one of waiting.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from signscale.errors import SignScaleError
from signscale.keypoints import workers
from signscale.model.preprocessing import Estimator, Preprocessing
from signscale.params import MediaPipeParams, load_params

if TYPE_CHECKING:
    from signscale.formats.shard import Clip


def known_estimator(preprocessing: Preprocessing) -> Estimator:
    """Whose keypoints of a video the model is given: of the estimators it was trained on, the one of most clips.

    Skeletons that others recorded with one of ours count as its own. Of a corpus with a second view of its clips it is
    MMPose's own view. Raises SignScaleError if no estimator that SignScale can run is among them.
    """
    runs = [one for one in preprocessing.estimators if _runs(one) in ("mediapipe", "mmpose")]
    if not runs:
        names = ", ".join(one.name for one in preprocessing.estimators)
        raise SignScaleError(
            f"the model knows keypoints of {names}, which is not at hand here; "
            "estimate them there and give a .pose file"
        )
    most = max(runs, key=lambda one: one.clips)
    return most.model_copy(update={"name": _runs(most), "version": most.version.split("; ")[0]})


def _runs(estimator: Estimator) -> str:
    """The estimator of a clip's own view."""
    return estimator.name.split("+")[0]


def estimate(video: Path, preprocessing: Preprocessing) -> "Clip":
    """The keypoints of a single video, as the model knows them; raises SignScaleError if it cannot be read."""
    known = known_estimator(preprocessing)
    if known.name == "mediapipe":
        return _by_mediapipe(preprocessing.mediapipe, preprocessing.longest_side)(video)
    with _by_mmpose([video], known, preprocessing.longest_side) as results:
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
    if known.name == "mediapipe":
        settings = (preprocessing.mediapipe, preprocessing.longest_side)
        with workers.at_work(_by_mediapipe, settings, videos, len(os.sched_getaffinity(0))) as results:
            yield results
    else:
        with _by_mmpose(videos, known, preprocessing.longest_side) as results:
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


def _by_mediapipe(settings: MediaPipeParams, longest_side: int) -> Callable[[Path], "Clip"]:
    """What estimates a video: the work of one process."""
    from signscale.keypoints.estimators.base import estimated, new_estimator
    from signscale.keypoints.readers.video import open_video
    from signscale.keypoints.scale import scaled

    estimator = new_estimator(settings)

    def clip_of(path: Path) -> "Clip":
        with open_video(path) as video:
            return estimated(str(path), scaled(video, longest_side), estimator)

    return clip_of


def _by_mmpose(
    videos: list[Path], known: Estimator, longest_side: int
) -> AbstractContextManager[Iterator[tuple[int, "Clip | SignScaleError"]]]:
    """The results of `estimating` from MMPose's environment, with the config and weights of params.yaml."""
    from signscale.predict import elsewhere

    settings, names = load_params(".").keypoints.mmpose, [str(video) for video in videos]
    request = elsewhere.Request(videos=names, longest_side=longest_side, settings=settings, version=known.version)
    return elsewhere.estimating(request)

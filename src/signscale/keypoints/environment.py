"""Which environment a corpus's estimator runs in, and the way there: the same command starts again under its Python.

MMPose and InterWild need libraries that the base environment does not have. Their folders are made by `make env-mmpose`
and `make env-interwild` from the locks in envs/.
"""

import os
import sys
from pathlib import Path

from signscale.corpora.corpus import Corpus
from signscale.errors import SignScaleError
from signscale.params import KeypointsParams, WeightsParams


def environment_of(settings: KeypointsParams, corpus: Corpus) -> str:
    """`mmpose`, `interwild`, or "" for the base environment.

    Pictures of a published corpus want the estimators of its views, unless MediaPipe stands in for them; all else (the
    embedded corpora, recorded skeletons) is read here. InterWild's environment has MMPose too.
    """
    views = getattr(corpus, "views", ())
    if settings.estimator == "mediapipe" or getattr(corpus, "kind", "") not in ("video", "frames") or not views:
        return ""
    return "interwild" if "interwild" in views and settings.interwild.weights else "mmpose"


def weights_to_fetch(settings: KeypointsParams) -> list[WeightsParams]:
    """The weights that a preset's estimators need and that are named by a URL."""
    if settings.estimator == "mediapipe":
        return []
    both = (settings.mmpose.weights, settings.mmpose.detector.weights)
    return [weights for weights in both if "://" in weights.source]


def lock(environment: str) -> str:
    """The lock of an environment, relative to the repository's root."""
    return f"envs/{environment}.txt"


def enter(environment: str) -> None:
    """Go on in the environment: does not return if this process is in another one, but starts its command there.

    Raises SignScaleError, naming the remedy, if the environment is not there or was made from another lock.
    """
    folder = Path(f".venv-{environment}")
    if not environment or Path(sys.prefix).resolve() == folder.resolve():
        return
    made = folder / "lock.txt"
    if not made.is_file():
        raise SignScaleError(
            f"{folder}: this corpus's estimator runs in that environment; run `make env-{environment}`"
        )
    if made.read_bytes() != Path(lock(environment)).read_bytes():
        raise SignScaleError(f"{folder}: made from another {lock(environment)}; run `make env-{environment}`")
    python = str(folder / "bin" / "python")
    sys.stdout.flush()
    sys.stderr.flush()
    os.execv(python, [python, "-u", "-m", "signscale", *sys.argv[1:]])  # noqa: S606

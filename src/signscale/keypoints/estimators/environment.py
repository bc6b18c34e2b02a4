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

_NAMES = {"mmpose": "MMPose", "interwild": "InterWild"}


def environment_of(settings: KeypointsParams, corpus: Corpus) -> str:
    """`mmpose`, `interwild`, or "" for the base environment.

    Pictures want the estimators of the corpus's views, unless MediaPipe is the view or stands in for them; all else
    (recorded skeletons, published keypoints) is read here. InterWild's environment has MMPose too.
    """
    if settings.published and corpus.name in settings.published:
        return ""
    views = corpus.views if corpus.kind in ("video", "frames") else ()
    if settings.estimator == "mediapipe" or not {"mmpose", "interwild"} & set(views):
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


def enter(environment: str, otherwise: str = "") -> None:
    """Go on in the environment: does not return if this process is in another one, but starts its command there.

    Raises SignScaleError as `python_of` does.
    """
    if not environment or Path(sys.prefix).resolve() == _folder(environment).resolve():
        return
    python = str(python_of(environment, otherwise))
    sys.stdout.flush()
    sys.stderr.flush()
    os.execv(python, [python, "-u", "-m", "signscale", *sys.argv[1:]])  # noqa: S606


def python_of(environment: str, otherwise: str = "") -> Path:
    """The Python of an environment.

    Raises SignScaleError, naming the remedy (and `otherwise`, another one), if the environment is not there or was made
    from another lock.
    """
    folder = _folder(environment)
    made = folder / "lock.txt"
    remedy = f"run `make env-{environment}`" + (f", {otherwise}" if otherwise else "")
    if not made.is_file():
        raise SignScaleError(f"{folder}: {_NAMES[environment]} runs in that environment; {remedy}")
    if made.read_bytes() != Path(lock(environment)).read_bytes():
        raise SignScaleError(f"{folder}: made from another {lock(environment)}; {remedy}")
    return folder / "bin" / "python"


def _folder(environment: str) -> Path:
    return Path(f".venv-{environment}")

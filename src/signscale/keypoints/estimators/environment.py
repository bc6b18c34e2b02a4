"""Which environment a corpus's estimator runs in. To get there, the same command is started again with its Python.

Some estimators need libraries that the base environment does not have. The folder .venv-NAME of such an environment is
made by `make env-NAME` from the lock envs/NAME.txt.
"""

import os
import sys
from collections.abc import Iterable
from functools import partial
from pathlib import Path

from signscale.corpora import load_corpus
from signscale.corpora.corpus import Corpus
from signscale.errors import SignScaleError
from signscale.keypoints.estimators.choice import estimators_of, weights_of
from signscale.keypoints.estimators.weights_file import present
from signscale.params import KeypointsParams


def environment_of(settings: KeypointsParams, corpus: Corpus) -> str:
    """The environment of a corpus's estimators; "" for the base one, which also reads recorded keypoints."""
    return next((one.environment for one in reversed(estimators_of(settings, corpus)) if one.environment), "")


def lock(environment: str) -> str:
    """The lock of an environment, relative to the repository's root."""
    return f"envs/{environment}.txt"


def enter(environment: str, otherwise: str = "") -> None:
    """Make sure that this process runs in the environment. If it does not, start its command there and do not return.

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

    "" is the one of this process. Raises SignScaleError, naming the remedy (and `otherwise`, another one), if the
    environment is not there or was made from another lock.
    """
    if not environment:
        return Path(sys.executable)
    folder = _folder(environment)
    made = folder / "lock.txt"
    remedy = f"run `make env-{environment}`" + (f", {otherwise}" if otherwise else "")
    if not made.is_file():
        raise SignScaleError(f"{folder}: no such environment; {remedy}")
    if made.read_bytes() != Path(lock(environment)).read_bytes():
        raise SignScaleError(f"{folder}: made from another {lock(environment)}; {remedy}")
    return folder / "bin" / "python"


def preflight(settings: KeypointsParams, corpora: Iterable[str]) -> list[str]:
    """One line for each environment or file by path that the extraction of these corpora will not find.

    Files named by a URL are fetched by a job of their own.
    """
    lacking: dict[str, None] = {}
    for source in map(load_corpus, corpora):
        checks = [partial(python_of, environment_of(settings, source))]
        checks += [partial(present, weights) for weights in weights_of(settings, source) if "://" not in weights.source]
        for check in checks:
            try:
                check()
            except SignScaleError as error:
                lacking[f"keypoints: {error}"] = None
    return list(lacking)


def _folder(environment: str) -> Path:
    return Path(f".venv-{environment}")

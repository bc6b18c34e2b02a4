"""MMPose and InterWild in their own environments, where `make env-...` has made them: the claims of with_*.py."""

import os
import subprocess
from pathlib import Path

import pytest


@pytest.mark.parametrize("estimator", ["mmpose", "interwild"])
def test_the_estimators_own_tests_pass_in_its_environment(root: Path, estimator: str):
    python = root / f".venv-{estimator}" / "bin" / "python"
    if not python.is_file():
        pytest.skip(f"its environment is not made here: make env-{estimator}")
    done = subprocess.run(
        [python, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"tests/keypoints/with_{estimator}.py"],
        cwd=root,
        env=os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(root / "src")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-5000:] + done.stderr[-2000:]

"""MMPose in its own environment, where `make env-mmpose` has made it: the claims of with_mmpose.py."""

import os
import subprocess

import pytest


def test_the_mmpose_environments_own_tests_pass(root):
    python = root / ".venv-mmpose" / "bin" / "python"
    if not python.is_file():
        pytest.skip("MMPose's environment is not made here: make env-mmpose")
    done = subprocess.run(
        [python, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/keypoints/with_mmpose.py"],
        cwd=root,
        env=os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(root / "src")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-5000:] + done.stderr[-2000:]

"""Starting DeepSpeed on a CPU: nothing is compiled, so a killed compiler cannot stop a later start."""

import os
import subprocess
import sys
from pathlib import Path

START = """
from pathlib import Path
from signscale.pretrain.ranks import start_run
run = start_run(1, Path("out"), Path("scratch"))
print((run.rank, run.ranks))
"""


def test_a_lock_left_by_a_killed_build_does_not_stop_the_next_start(tmp_path: Path) -> None:
    lock = tmp_path / "deepspeed_shm_comm_op" / "lock"
    lock.parent.mkdir()
    lock.touch()
    told = os.environ | {"TORCH_EXTENSIONS_DIR": str(tmp_path)}
    run = subprocess.run([sys.executable, "-c", START], env=told, capture_output=True, text=True, timeout=200)
    assert run.returncode == 0, run.stderr[-2000:]
    assert run.stdout.splitlines()[-1] == "(0, 1)"
    assert list(lock.parent.iterdir()) == [lock]  # neither waited for nor built

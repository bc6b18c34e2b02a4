"""The GPUs of one machine without a scheduler: found once, then each job takes its own by a lock and sees no other.

    python -m signscale.provenance.gpus COUNT DEVICES COMMAND...

takes COUNT of the DEVICES (joined by commas), waiting while others have them, and then becomes the command, which sees
only these through CUDA_VISIBLE_DEVICES. A device's lock is a file of its own in the machine's temporary folder, so runs
in other working copies respect it. The lock belongs to the process: the kernel frees it when the job ends, however.
"""

import fcntl
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

from signscale.errors import SignScaleError

VISIBLE = "CUDA_VISIBLE_DEVICES"
_SECONDS_BETWEEN_LOOKS = 0.2


def gpus_of_machine() -> list[str]:
    """The GPUs that this process may use, by name: those of CUDA_VISIBLE_DEVICES if it is set, else nvidia-smi's.

    None where there is no nvidia-smi. Raises SignScaleError if it is there and fails.
    """
    if VISIBLE in os.environ:
        return [name.strip() for name in os.environ[VISIBLE].split(",") if name.strip() not in ("", "-1")]
    query = ["nvidia-smi", "--query-gpu=index", "--format=csv,noheader"]
    try:
        done = subprocess.run(query, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return []
    if done.returncode:
        reason = (done.stdout + done.stderr).strip().partition("\n")[0]
        raise SignScaleError(f"nvidia-smi: {reason}; repair the driver, or set CUDA_VISIBLE_DEVICES= to use no GPU")
    return done.stdout.split()


def taking(devices: Sequence[str], count: int, python: str) -> str:
    """The start of a command line that takes `count` of the devices, or hides them for 0; empty if there are none."""
    if not devices:
        return ""
    if not count:
        return f"{VISIBLE}= "
    return f"{python} -m signscale.provenance.gpus {count} {','.join(devices)} "


def take(devices: Sequence[str], count: int, folder: Path) -> dict[str, BinaryIO]:
    """Lock `count` of the devices; returns their lock files by device, to be kept open. Waits for those that are taken.

    Jobs take their devices one after another, so that two which want several never wait for each other.
    """
    folder.mkdir(parents=True, exist_ok=True)
    taken: dict[str, BinaryIO] = {}
    with (folder / "turn").open("ab") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        while True:
            for device in devices:
                if device not in taken and len(taken) < count and (lock := _locked(folder / device)):
                    taken[device] = lock
            if len(taken) == count:
                return taken
            time.sleep(_SECONDS_BETWEEN_LOOKS)


def _locked(path: Path) -> BinaryIO | None:
    """The file, open and locked; None if another process has it."""
    file = path.open("ab")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        return None
    return file


def _folder() -> Path:
    """Where the locks of this user lie, on this machine."""
    return Path(tempfile.gettempdir()) / f"signscale-gpus-{os.getuid()}"


def main(count: str, devices: str, *command: str) -> None:
    """Take the devices and become the command."""
    taken = take(devices.split(","), int(count), _folder())
    for lock in taken.values():
        os.set_inheritable(lock.fileno(), True)  # the command keeps it, its own children do not
    seen = ",".join(taken)
    print(f"GPU {seen} of {devices}", file=sys.stderr, flush=True)
    os.environ.setdefault("CUDA_DEVICE_ORDER", "PCI_BUS_ID")  # nvidia-smi's
    os.environ[VISIBLE] = seen
    os.execvp(command[0], command)  # noqa: S606


if __name__ == "__main__":
    main(*sys.argv[1:])

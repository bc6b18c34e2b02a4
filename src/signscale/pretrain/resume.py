"""Resume state: DeepSpeed checkpoints that are whole or not there, the newest few kept, saved when asked to stop."""

import shutil
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch.distributed as dist

from signscale.errors import SignScaleError
from signscale.formats.files import write_text


@contextmanager
def stop_signals() -> Iterator[Callable[[], bool]]:
    """Within: SIGINT and SIGTERM only raise a flag, which the function given reads; a second one stops at once."""
    asked: list[int] = []

    def note(number: int, _frame: Any) -> None:
        if asked:
            raise KeyboardInterrupt
        asked.append(number)
        print("signscale: stopping after this step and saving; once more stops at once", file=sys.stderr)

    before = {number: signal.signal(number, note) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield lambda: bool(asked)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class Checkpoints:
    """Checkpoints of one run under a folder: `step-<n>` folders, and a file `newest` that names the last whole one."""

    def __init__(self, folder: Path, keep: int, rank: int):
        self.folder, self.keep, self.rank = Path(folder), keep, rank
        self._newest = self.folder / "newest"

    def resume(self, engine: Any) -> int:
        """Load the newest whole checkpoint into the engine and return its step, or 0 if there is none.

        What a killed job left half-written goes. Raises SignScaleError if the one that `newest` names is gone: going on
        without it would train on random weights.
        """
        tag = self._newest.read_text(encoding="utf-8").strip() if self._newest.exists() else ""
        if self.rank == 0:
            for unfinished in (path for path in self.folder.glob("step-*") if path.name > tag):
                shutil.rmtree(unfinished)
        if not tag:
            return 0
        loaded, _ = engine.load_checkpoint(str(self.folder), tag=tag)
        if loaded is None:
            raise SignScaleError(f"{self.folder / tag}: not a whole checkpoint; delete {self.folder} and run again")
        return int(tag.removeprefix("step-"))

    def save(self, engine: Any, step: int) -> None:
        """Save the full state after `step` steps; it counts only once `newest` names it. Older ones go."""
        tag = f"step-{step:08d}"
        engine.save_checkpoint(str(self.folder), tag=tag, save_latest=False)
        dist.barrier()
        if self.rank == 0:
            write_text(self._newest, tag + "\n")
            for old in sorted(self.folder.glob("step-*"))[: -self.keep]:
                shutil.rmtree(old)

    def farewell(self, step: int, steps: int) -> int:
        """Say where the run stopped; the exit status of a run that was asked to stop."""
        if self.rank == 0:
            print(f"signscale: stopped at step {step} of {steps}, saved in {self.folder}; run again", file=sys.stderr)
        return 130

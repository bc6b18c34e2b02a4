"""Resume state: DeepSpeed checkpoints that are whole or not there, the newest few kept, saved when asked to stop."""

import logging
import shutil
import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch.distributed as dist

from signscale.errors import SignScaleError
from signscale.formats.files import read_json, synced, write_json, write_text

logger = logging.getLogger(__name__)

CONTENT = "content.json"
"""In each whole checkpoint: the run it belongs to, and the size of every file."""


@contextmanager
def stop_signals() -> Iterator[Callable[[], bool]]:
    """Within the block SIGINT and SIGTERM only set a flag, which the function given returns; a second SIGINT stops at
    once.

    A second SIGTERM asks for nothing more: torchrun passes on what Slurm sends to every process as well.
    """
    asked: list[int] = []

    def note(number: int, _frame: Any) -> None:
        if asked and number == signal.SIGINT:
            raise KeyboardInterrupt
        if not asked:
            logger.info("signscale: stopping after this step and saving; Ctrl-C now stops at once")
        asked.append(number)

    before = {number: signal.signal(number, note) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield lambda: bool(asked)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class Checkpoints:
    """Checkpoints of one run under a folder: `step-<n>` folders, and a file `newest` that names the last whole one.

    run: what has to be equal in a checkpoint and the run that continues from it (processes, batch size, model), by
    name.
    """

    def __init__(self, folder: Path, keep: int, rank: int, run: Mapping[str, Any]):
        self.folder, self.keep, self.rank, self.run = Path(folder), keep, rank, dict(run)
        self._newest = self.folder / "newest"

    def resume(self, engine: Any) -> int:
        """Load the newest whole checkpoint into the engine and return its step, or 0 if there is none.

        If it is damaged, the one before it is used, and a line says so. Half-written checkpoints of a killed job are
        deleted.
        Raises SignScaleError if checkpoints were kept and none is whole, since going on would train on random weights;
        or if the newest is of another run: of other processes, another batch size or another model.
        """
        tag = self._choose() if self.rank == 0 else ""
        if dist.is_initialized() and dist.get_world_size() > 1:
            chosen = [tag]
            dist.broadcast_object_list(chosen, src=0)
            tag = chosen[0]
        if not tag:
            return 0
        self._check_run(tag)
        loaded, _ = engine.load_checkpoint(str(self.folder), tag=tag)
        if loaded is None:
            raise SignScaleError(f"{self.folder / tag}: not a whole checkpoint; move {self.folder} away and run again")
        return int(tag.removeprefix("step-"))

    def _choose(self) -> str:
        """The name of the newest whole checkpoint, empty if none was ever kept; the half-written ones are deleted."""
        found = sorted(self.folder.glob("step-*"), reverse=True)
        whole = [path for path in found if self._is_whole(path)]
        kept = self._newest.read_text(encoding="utf-8", errors="replace").strip() if self._newest.exists() else ""
        if self._newest.exists() and not whole:
            raise SignScaleError(
                f"{self.folder / (kept or 'newest')}: not a whole checkpoint, and there is none before it; "
                f"move {self.folder} away and run again from the start"
            )
        if whole and kept and kept != whole[0].name:
            logger.warning(f"signscale: {self.folder / kept}: not a whole checkpoint; going on from {whole[0].name}")
        for unfinished in found:
            if unfinished not in whole:
                shutil.rmtree(unfinished)
        return whole[0].name if whole else ""

    def _is_whole(self, path: Path) -> bool:
        """True if every file that was saved is there in its size."""
        try:
            sizes = read_json(path / CONTENT)["sizes"]
        except (SignScaleError, KeyError, TypeError):
            return False
        return sizes == _sizes(path)

    def _check_run(self, tag: str) -> None:
        """Raise SignScaleError if a checkpoint is of a run with which this one cannot go on."""
        theirs = read_json(self.folder / tag / CONTENT)["run"]
        for name, ours in self.run.items():
            if theirs.get(name) != ours:
                raise SignScaleError(
                    f"{self.folder / tag}: saved with {name} {theirs.get(name)}, this run has {ours}; "
                    f"run it with the former, or move {self.folder} away to start again"
                )

    def save(self, engine: Any, step: int) -> None:
        """Save the full state after `step` steps; it counts only once all of it is on the disk. Older ones go."""
        tag = f"step-{step:08d}"
        engine.save_checkpoint(str(self.folder), tag=tag, save_latest=False)
        dist.barrier()
        if self.rank == 0:
            for path in (self.folder / tag).rglob("*"):
                synced(path)
            write_json(self.folder / tag / CONTENT, {"run": self.run, "sizes": _sizes(self.folder / tag)})
            write_text(self._newest, tag + "\n")
            for old in sorted(self.folder.glob("step-*"))[: -self.keep]:
                shutil.rmtree(old)

    def farewell(self, step: int, steps: int) -> int:
        """Say where the run stopped; the exit status of a run that was asked to stop."""
        if self.rank == 0:
            logger.info(f"signscale: stopped at step {step} of {steps}, saved in {self.folder}; run again")
        return 130


def _sizes(folder: Path) -> dict[str, int]:
    """Bytes of every file of a checkpoint by its path in it, but for the list of them itself."""
    files = (path for path in folder.rglob("*") if path.is_file() and path.name != CONTENT)
    return {path.relative_to(folder).as_posix(): path.stat().st_size for path in sorted(files)}

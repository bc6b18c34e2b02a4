"""The training log: one JSON line a step, the same in every run; TensorBoard also gets the speed, which is not."""

import json
import math
from pathlib import Path

from torch.utils.tensorboard import SummaryWriter

from signscale.formats.files import write_text
from signscale.pretrain.speed import Speed


class TrainingLog:
    """Appends to the files `path` (JSON lines) and `board` (TensorBoard folder) from step `start` on.

    A resumed run drops the lines of steps that will be done again, and a last line that was cut off by a kill; `before`
    are the lines kept. A value that is no number is null.
    """

    def __init__(self, path: Path, board: Path, start: int, speed: Speed):
        written = path.read_text(encoding="utf-8") if path.exists() and start else ""
        whole = written[: written.rfind("\n") + 1].splitlines()
        kept = [line for line in whole if json.loads(line)["step"] < start]
        self.before = [json.loads(line) for line in kept]
        write_text(path, "".join(line + "\n" for line in kept))
        self._file = path.open("a", encoding="utf-8")
        self._speed = speed
        self._board = SummaryWriter(str(board), purge_step=start)

    def write(
        self, step: int, epoch: int, values: dict[str, float], samples: int, frames: int, pairs: int
    ) -> dict[str, float]:
        """Log one step: its values, samples, valid frames and pairs of frames of one clip; returns its speed."""
        line = {"step": step, "epoch": epoch, "samples": samples, "frames": frames}
        line |= {name: value if math.isfinite(value) else None for name, value in values.items()}
        self._file.write(json.dumps(line, sort_keys=True) + "\n")
        self._file.flush()
        speed = self._speed.of_step(step, samples, frames, pairs)
        for name, value in (values | speed).items():
            self._board.add_scalar(name, value, step)
        return speed

    def close(self) -> None:
        """Finish both files."""
        self._file.close()
        self._board.close()

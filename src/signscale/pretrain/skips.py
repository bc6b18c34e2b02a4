"""Skips steps with a NaN or infinite loss or gradient, or with a spike of the loss; counts them and names their
samples."""

import json
import math
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from statistics import median

from signscale.errors import SignScaleError
from signscale.formats.files import write_text
from signscale.params import SkipParams

BEHIND = 64
"""Steps whose median a loss is measured by; with fewer behind it no loss is a spike."""


class Skips:
    """Decides for each loss, in order, whether its step is skipped, and writes skipped steps to `path` (JSON lines).

    log: the lines of the steps before `start`, so that a resumed run judges as an undisturbed one does.
    """

    def __init__(self, path: Path, rule: SkipParams, log: Sequence[dict], start: int):
        self.path, self.rule = path, rule
        self.losses = deque((line["loss"] for line in log if not line["skipped"]), BEHIND)
        self.in_a_row = 0
        for line in log:
            self.in_a_row = self.in_a_row + 1 if line["skipped"] else 0
        lines = path.read_text(encoding="utf-8").splitlines() if path.exists() and start else []
        self._write([line for line in map(json.loads, lines) if line["step"] < start])

    def _write(self, lines: list[dict]) -> None:
        self.lines = lines
        write_text(self.path, "".join(json.dumps(line, sort_keys=True) + "\n" for line in lines))

    def reason(self, loss: float) -> str:
        """Why a step with this loss is not taken; empty if it is."""
        if not math.isfinite(loss):
            return "the loss is no number"
        if self.rule.spike and len(self.losses) == BEHIND and loss > self.rule.spike * median(self.losses):
            return f"the loss is above {self.rule.spike} times the median of {BEHIND} steps"
        return ""

    def is_last(self) -> bool:
        """True if one more step that is not taken ends the run."""
        return self.in_a_row + 1 >= self.rule.stop_after

    def took(self, loss: float) -> None:
        """A step was taken."""
        self.losses.append(loss)
        self.in_a_row = 0

    def skipped(self, step: int, loss: float, norm: float, reason: str, ids: list[str]) -> None:
        """A step was not taken. Raises SignScaleError if it is one too many in a row."""
        self.in_a_row += 1
        self._write([*self.lines, {"step": step, "loss": repr(loss), "reason": reason, "samples": ids}])
        if self.in_a_row >= self.rule.stop_after:
            raise SignScaleError(
                f"pretrain: loss {loss}, gradient norm {norm} at step {step}: {reason} (batch of {', '.join(ids[:4])}, "
                f"...; all in {self.path}); {self.in_a_row} steps in a row were not taken; "
                "lower pretrain.learning_rate, or look at these clips"
            )

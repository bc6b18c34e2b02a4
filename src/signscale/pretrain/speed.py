"""How fast training goes, and how much of the machine it uses. Never equal in two runs, so never part of a result."""

import resource
import time
from collections import deque
from pathlib import Path
from statistics import fmean

import torch

from signscale.params import ModelParams
from signscale.pretrain.flops import attention_flops, frame_flops

PASSES = 3
"""Operations of a step over those of its forward pass: backward costs twice as much. Second passes are not counted."""

BEHIND = 50
"""Steps from whose mean the remaining time is estimated."""


def product_rate(device: torch.device, kind: torch.dtype) -> float:
    """Operations a second of a large matrix product on this device, two a multiply-add: the best of a few."""
    size, times = (1024, 1) if device.type == "cpu" else (8192, 10)
    drawn = torch.Generator().manual_seed(0)  # the state of training is left alone
    one, other = (torch.rand(size, size, generator=drawn).to(device, kind) for _ in range(2))
    seconds = []
    for _ in range(4):
        synchronise(device)
        begin = time.perf_counter()
        for _ in range(times):
            one @ other
        synchronise(device)
        seconds.append(time.perf_counter() - begin)
    return times * 2 * size**3 / min(seconds)


def synchronise(device: torch.device) -> None:
    """Wait for what a GPU was told to do."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def peak_memory(device: torch.device) -> int:
    """Bytes: the most that tensors ever took on a GPU; on a CPU the largest resident set of this process.

    The kernel's own figure is of this program alone; that of getrusage, where there is no other, begins at what the
    program that started this one had.
    """
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device)
    status = Path("/proc/self/status")
    if not status.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return int(status.read_text(encoding="utf-8").split("VmHWM:")[1].split()[0]) * 1024


class Speed:
    """Figures of each step from the time since the one before.

    rate: operations a second that all ranks together could do; steps: of the whole run.
    """

    def __init__(self, model: ModelParams, reconstruction: bool, rate: float, steps: int, device: torch.device):
        self._of_frame, self._of_pair = frame_flops(model, reconstruction), attention_flops(model, 1)
        self._rate, self._steps, self._device = rate, steps, device
        self._seconds: deque[float] = deque(maxlen=BEHIND)
        self._last = time.perf_counter()

    def of_step(self, step: int, samples: int, frames: int, pairs: int) -> dict[str, float]:
        """Of the step just done with so many samples, valid frames and pairs of frames of one clip, over all ranks.

        utilisation: of the operations the model needs, in 0..1 of what matrix products alone reach on this machine.
        """
        now = time.perf_counter()
        seconds, self._last = now - self._last, now
        self._seconds.append(seconds)
        operations = PASSES * (frames * self._of_frame + pairs * self._of_pair)
        return {
            "samples_per_second": samples / seconds,
            "frames_per_second": frames / seconds,
            "utilisation": operations / seconds / self._rate,
            "peak_gigabytes": peak_memory(self._device) / 1e9,
            "hours_left": (self._steps - step - 1) * fmean(self._seconds) / 3600,
        }


def describe(speed: dict[str, float]) -> str:
    """The figures in a few words, for the line of progress."""
    return (
        f"{speed['samples_per_second']:.0f} clips/s, {speed['utilisation']:.0%} of products, "
        f"{speed['peak_gigabytes']:.1f} GB"
    )

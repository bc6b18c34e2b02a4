"""Learning rates as multiples of the peak, one function per schedule."""

import math


def linear_warmup_decay(step: int, steps: int, warmup: int) -> float:
    """Linear rise over `warmup` steps, then linear fall to 0 at `steps` (PAPER: pre-training)."""
    if step < warmup:
        return (step + 1) / warmup
    return max(0.0, (steps - step) / max(1, steps - warmup))


def cosine(step: int, steps: int, warmup: int) -> float:
    """Linear rise over `warmup` steps, then half a cosine down to 0 at `steps` (PAPER: Table III, GF-SLT and SL-RT)."""
    if step < warmup:
        return (step + 1) / warmup
    return 0.5 * (1 + math.cos(math.pi * min(1.0, (step - warmup) / max(1, steps - warmup))))


def step_decay(step: int, steps_per_drop: int) -> float:
    """x 0.1 after every `steps_per_drop` steps (PAPER: Table III, ISLR and CSLR)."""
    return 0.1 ** (step // steps_per_drop)

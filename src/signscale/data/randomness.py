"""Random generators that depend only on their purpose, never on the worker, the rank or the time."""

import hashlib

import numpy as np


def generator(seed: int, *purpose: object) -> np.random.Generator:
    """A generator for (seed, purpose...), for example (seed, "mask", epoch, sample_id): equal on any worker or rank."""
    words = hashlib.sha256(repr((seed, *purpose)).encode()).digest()
    return np.random.Generator(np.random.Philox(key=np.frombuffer(words[:16], np.uint64)))

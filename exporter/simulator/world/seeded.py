"""Randomness that is a function of the seed and a name, the same in every process."""

import random


def randomness(seed: int, *name: object) -> random.Random:
    """A generator of its own for one thing in the world."""
    return random.Random(":".join(map(str, (seed, *name))))

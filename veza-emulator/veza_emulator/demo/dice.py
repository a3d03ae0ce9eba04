"""Random draws for the demo tenant, many at a time; the only place that draws."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import numpy as np
import numpy.typing as npt

T = TypeVar("T")


class Dice:
    """Draws the same for the same seed for ever: numpy has frozen the stream of its `RandomState`."""

    def __init__(self, seed: int) -> None:
        self._state = np.random.RandomState(seed)

    def fractions(self, count: int) -> npt.NDArray[np.float64]:
        """Return so many numbers from 0 up to 1."""
        return self._state.random_sample(count)

    def numbers(self, count: int, below: int) -> npt.NDArray[np.int64]:
        """Return so many whole numbers from 0 up to a bound."""
        return (self.fractions(count) * below).astype(np.int64)

    def picks(self, count: int, choices: Sequence[T]) -> list[T]:
        """Return so many picks of some choices."""
        return [choices[number] for number in self.numbers(count, len(choices)).tolist()]

    def chances(self, count: int, share: float) -> list[bool]:
        """Return so many answers of which this share is yes."""
        return [bool(drawn) for drawn in self.fractions(count) < share]

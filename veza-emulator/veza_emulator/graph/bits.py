"""Sets of small numbers as Python integers, in which bit n stands for n: they join and count at the speed of memory."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from veza_emulator.graph.edges import Mask, Numbers

Bits = int


def bits_of_mask(mask: Mask) -> Bits:
    """Return the numbers that are set in a mask."""
    return int.from_bytes(np.packbits(mask, bitorder="little").tobytes(), "little")


def bits_at(numbers: Iterable[int]) -> Bits:
    """Return the set of some numbers."""
    bits = 0
    for number in numbers:
        bits |= 1 << number
    return bits


def numbers_in(bits: Bits) -> Numbers:
    """Return the numbers of a set, in order."""
    content = np.frombuffer(bits.to_bytes((bits.bit_length() + 7) // 8, "little"), dtype=np.uint8)
    return np.flatnonzero(np.unpackbits(content, bitorder="little"))

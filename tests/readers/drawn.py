"""What is drawn for readers, as functions of a die: microseconds a case, where a strategy of hypothesis takes a millisecond.

Hypothesis draws the seeds, in ``test_readers.py``; the names are those of its strategies. What damage is, is in ``damage.py``.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

T = TypeVar("T")
S = TypeVar("S")
_ALPHABETS = (
    (0, 0x7F),
    (0x20, 0x7E),
    (0x20, 0x7E),
    (0x80, 0x24F),
    (0x370, 0xD7FF),
    (0xE000, 0xFFFD),
    (0x10000, 0x10FFFF),
)
"""First and last sign of some parts of Unicode; halves of signs are damage of their own."""


@dataclass(frozen=True)
class Drawn(Generic[T]):
    """Something that is drawn.

    >>> Drawn(lambda dice: dice.randrange(6)).map(lambda eyes: eyes + 1).draw(random.Random(1)) in range(1, 7)
    True
    """

    draw: Callable[[random.Random], T]

    def map(self, change: Callable[[T], S]) -> Drawn[S]:
        return Drawn(lambda dice: change(self.draw(dice)))

    def filter(self, is_wanted: Callable[[T], bool]) -> Drawn[T]:
        """Draw again until it is wanted."""
        return Drawn(lambda dice: next(one for one in iter(lambda: self.draw(dice), object()) if is_wanted(one)))

    def __or__(self, other: Drawn[Any]) -> Drawn[Any]:
        """Draw one of both, as often the one as the other."""
        return Drawn(lambda dice: dice.choice((self, other)).draw(dice))


def sampled_from(values: Sequence[T]) -> Drawn[T]:
    return Drawn(lambda dice: dice.choice(values))


def integers(least: int, most: int) -> Drawn[int]:
    return Drawn(lambda dice: dice.randint(least, most))


def none() -> Drawn[None]:
    return Drawn(lambda _: None)


def text(max_size: int) -> Drawn[str]:
    return Drawn(lambda dice: "".join(_sign(dice) for _ in range(dice.randint(0, max_size))))


def _sign(dice: random.Random) -> str:
    return chr(dice.randint(*dice.choice(_ALPHABETS)))


def lists(one: Drawn[T], max_size: int) -> Drawn[list[T]]:
    return Drawn(lambda dice: [one.draw(dice) for _ in range(dice.randint(0, max_size))])


def tuples(*parts: Drawn[Any]) -> Drawn[tuple[Any, ...]]:
    return Drawn(lambda dice: tuple(part.draw(dice) for part in parts))


def builds(make: Callable[..., T], *parts: Drawn[Any], **named: Drawn[Any]) -> Drawn[T]:
    return Drawn(lambda dice: make(*(p.draw(dice) for p in parts), **{n: p.draw(dice) for n, p in named.items()}))


def fixed_dictionaries(
    parts: Mapping[str, Drawn[Any]], optional: Mapping[str, Drawn[Any]] | None = None
) -> Drawn[dict[str, Any]]:
    def draw(dice: random.Random) -> dict[str, Any]:
        some = {name: one for name, one in (optional or {}).items() if dice.random() < 0.5}
        return {name: one.draw(dice) for name, one in {**parts, **some}.items()}

    return Drawn(draw)

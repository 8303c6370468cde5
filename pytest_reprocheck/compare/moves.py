"""How a sequence became another order of the same members, in the words in which people tell it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence

from pytest_reprocheck.compare.judging import cut

_SHOWN = 40
"""Characters of a member's name."""


def told_order(a: Sequence[Hashable], b: Sequence[Hashable], names: Sequence[str]) -> str:
    """``age moved from 3 to 7``, ``age and city swapped``, ``reversed``, ``5 of 12 moved``; places count from 0.

    Both have the same members; ``names`` are those of A's, for people.
    """
    apart = [place for place, (left, right) in enumerate(zip(a, b, strict=True)) if left != right]
    if not apart:
        return ""
    first, last = apart[0], apart[-1]
    if len(apart) == 2:
        return f"{cut(names[first], _SHOWN)} and {cut(names[last], _SHOWN)} swapped"
    a_part, b_part = list(a[first : last + 1]), list(b[first : last + 1])
    if a_part[1:] == b_part[:-1]:
        return f"{cut(names[first], _SHOWN)} moved from {first} to {last}"
    if a_part[:-1] == b_part[1:]:
        return f"{cut(names[last], _SHOWN)} moved from {last} to {first}"
    if list(a) == list(reversed(b)):
        return "reversed"
    return f"{len(apart):,} of {len(a):,} moved"


def told_members(a: Sequence[str], b: Sequence[str], noun: str) -> str:
    """``columns only in A: city, only in B: zip``; empty when both have the same."""
    notes = []
    for here, there, side in ((a, b, "A"), (b, a, "B")):
        alone = Counter(here) - Counter(there)
        if alone:
            names = [name for name in dict.fromkeys(here) if name in alone]
            more = f" and {len(names) - 6:,} more" if len(names) > 6 else ""
            notes.append(f"only in {side}: {', '.join(cut(name, _SHOWN) for name in names[:6])}{more}")
    return f"{noun} {', '.join(notes)}" if notes else ""

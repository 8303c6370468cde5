"""Aligning the lines of two texts: what stayed, moved, changed, came and went; in linear time."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise, zip_longest

Match = tuple[int | None, int | None]
"""Positions in A and in B; None where the other has no counterpart."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Alignment:
    """How two sequences of lines lie against each other."""

    changes: tuple[Match, ...]
    """Lines that differ, came or went, in A's order."""
    moved: bool
    """Whether the lines that both have stand in another order."""
    partners: tuple[int | None, ...]
    """For each line of A the equal one of B."""


def align(
    a: Sequence[str], b: Sequence[str], same: Callable[[str, str], bool], form: Callable[[str], Hashable]
) -> Alignment:
    """Align two texts.

    ``same`` tells which lines are equal although their characters are not; lines of one ``form`` are each other's
    likeliest counterparts.
    """
    partners, a_rest, b_rest = _in_place(a, b, same)
    equal, a_rest, b_rest = _paired({i: a[i] for i in a_rest}, {j: b[j] for j in b_rest})
    alike: list[tuple[int, int]] = []
    if len(a) == len(b):
        b_left = frozenset(b_rest)
        alike = [(i, i) for i in a_rest if i in b_left]
        stayed = frozenset(i for i, _ in alike)
        a_rest, b_rest = ([i for i in rest if i not in stayed] for rest in (a_rest, b_rest))
    more, a_rest, b_rest = _paired({i: form(a[i]) for i in a_rest}, {j: form(b[j]) for j in b_rest})
    changes: list[Match] = [*zip_longest(a_rest, b_rest)]
    for i, j in (*equal, *alike, *more):
        if same(a[i], b[j]):
            partners[i] = j
        else:
            changes.append((i, j))
    known = [partner for partner in partners if partner is not None]
    return Alignment(
        changes=tuple(sorted(changes, key=_position)),
        moved=any(left > right for left, right in pairwise(known)),
        partners=tuple(partners),
    )


def _in_place(
    a: Sequence[str], b: Sequence[str], same: Callable[[str, str], bool]
) -> tuple[list[int | None], list[int], list[int]]:
    """The partners of the lines that are where they were, and the rest of both."""
    if len(a) == len(b):
        partners = [i if x == y or same(x, y) else None for i, (x, y) in enumerate(zip(a, b, strict=True))]
        rest = [i for i, partner in enumerate(partners) if partner is None]
        return partners, rest, rest
    shorter = min(len(a), len(b))
    head = next((i for i in range(shorter) if a[i] != b[i]), shorter)
    tail = next((i for i in range(shorter - head) if a[-1 - i] != b[-1 - i]), shorter - head)
    partners = [None] * len(a)
    partners[:head] = range(head)
    partners[len(a) - tail :] = range(len(b) - tail, len(b))
    return partners, list(range(head, len(a) - tail)), list(range(head, len(b) - tail))


def _paired(a: Mapping[int, Hashable], b: Mapping[int, Hashable]) -> tuple[list[tuple[int, int]], list[int], list[int]]:
    """Positions with equal keys, paired in their order, and the ones left over of both."""
    waiting: dict[Hashable, deque[int]] = defaultdict(deque)
    for j, key in b.items():
        waiting[key].append(j)
    pairs, left = [], []
    for i, key in a.items():
        if candidates := waiting.get(key):
            pairs.append((i, candidates.popleft()))
        else:
            left.append(i)
    return pairs, left, sorted(j for candidates in waiting.values() for j in candidates)


def _position(change: Match) -> tuple[int, int]:
    i, j = change
    return (i if i is not None else j or 0, j if j is not None else -1)

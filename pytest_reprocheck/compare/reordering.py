"""Outputs of one step in another order, as threads display them: told once, and not as a difference of each."""

from __future__ import annotations

import re
from collections import defaultdict, deque
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

from pytest_reprocheck.core.findings import Key
from pytest_reprocheck.core.trace import Observation

Facts = Mapping[Key, Observation]
Moved = tuple[Key, Sequence[str], Sequence[str]]
"""Key of the order of a step's outputs, and what these are called in A and, in the same order, in B."""

_NUMBERED = re.compile(r"output (\d+) \(")


def by_content(a: Facts, b: Facts) -> tuple[dict[Key, Observation], list[Moved]]:
    """B's facts, numbered outputs under the keys of those of A in the same step that are equal; and what moved.

    One output more or less makes the numbers of all that follow others: they are no differences either.
    """
    paired = dict(b)
    moved: list[Moved] = []
    a_groups, b_groups = _groups(a), _groups(b)
    for place, keys in a_groups.items():
        others = b_groups.get(place, [])
        if [a[key].value.digest for key in keys] == [b[key].value.digest for key in others]:
            continue
        partners = _partners(keys, others, a, b)
        for key in others:
            del paired[key]
        rest = deque(key for key in others if key not in partners.values())
        for key in keys:
            if key not in partners and rest:
                partners[key] = rest.popleft()
        paired |= {key: b[partner] for key, partner in partners.items()}
        paired |= {(replace(key, occurrence=key.occurrence + 1) if key in a else key): b[key] for key in rest}
        equal = [key for key in keys if key in partners and a[key].value.digest == b[partners[key]].value.digest]
        if any(_number(partners[x]) > _number(partners[y]) for x, y in pairwise(equal)):
            names = [key.what for key in equal], [partners[key].what for key in equal]
            moved.append((Key(aspect="outputs", what="order of outputs", place=place), *names))
    return paired, moved


def _groups(facts: Facts) -> dict[str, list[Key]]:
    """The keys of numbered outputs of each place, by their numbers."""
    groups: dict[str, list[Key]] = defaultdict(list)
    for key in facts:
        if key.aspect == "outputs" and _NUMBERED.match(key.what):
            groups[key.place].append(key)
    return {place: sorted(keys, key=_number) for place, keys in groups.items()}


def _number(key: Key) -> int:
    found = _NUMBERED.match(key.what)
    return int(found.group(1)) if found is not None else 0


def _partners(a_keys: Sequence[Key], b_keys: Sequence[Key], a: Facts, b: Facts) -> dict[Key, Key]:
    """A's keys with B's of equal outputs, those at their own place first."""
    partners = {key: key for key in a_keys if key in b and a[key].value.digest is not None and _same(a[key], b[key])}
    waiting: dict[str, deque[Key]] = defaultdict(deque)
    for key in b_keys:
        if key not in partners and (digest := b[key].value.digest) is not None:
            waiting[digest].append(key)
    for key in a_keys:
        candidates = waiting.get(a[key].value.digest or "")
        if key not in partners and candidates:
            partners[key] = candidates.popleft()
    return partners


def _same(a: Observation, b: Observation) -> bool:
    return a.value.digest == b.value.digest

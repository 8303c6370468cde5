"""Which runs to make to tell the causes apart, as data."""

from __future__ import annotations

import sys
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from pytest_reprocheck.core.causes import CAUSE_OF_FACTOR, CAUSE_OF_SOURCE
from pytest_reprocheck.core.conditions import FactorName, Knob, factor_of, seed_knob
from pytest_reprocheck.core.findings import Difference
from pytest_reprocheck.core.trace import DRAWS, Event, Source, Trace

_FACTOR_OF: Mapping[Source, FactorName] = {
    "listing": "listing",
    "rows": "rows",
    "clock": "clock",
    "pid": "pid",
    "timezone": "timezone",
    "locale": "locale",
    "cpus": "cpus",
    "variable": "variables",
    "completion": "completion",
}
"""Sources other than draws -> the factor that decides what is read."""
_WEAK: frozenset[FactorName] = frozenset({"clock", "pid", "timezone", "locale", "cpus", "variables"})
"""Read by programs all the time for ends that reach no result (a log, a progress bar): tried only while something is
not explained."""
SUBSUMED: Mapping[Knob, Knob] = {"timezone": "clock"}
"""Factor -> the one that explains its effects where both bring them about: a local time is made from the clock's. That
one is tried first: at some hours of the day another zone changes a date by itself."""
_LEAVES_NO_EVIDENCE: tuple[FactorName, ...] = (
    "directory", "hash", "threads", "simd", "network", "locale", "timezone", "cpus", "variables", "clock", "pid",
    "listing", "rows", "completion", "seed",
)  # fmt: skip
"""Factors by how likely they matter where nothing speaks for them, the likeliest first."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Suspect:
    """A knob that can be behind a difference."""

    knob: Knob
    cause: str
    events: tuple[Event, ...] = ()
    """Run A's events (or B's, where A has none), in the order of the log; empty for causes that leave none."""
    weak: bool = False
    """Whether its evidence says little: it is tried only while something is not explained."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Experiment:
    """A run with A's conditions but for some knobs, which have other values."""

    suspects: tuple[Suspect, ...]
    generation: int = 1
    """Which other values: 1 are B's, 2 the third ones."""

    @property
    def knobs(self) -> tuple[Knob, ...]:
        """The knobs that are varied."""
        return tuple(suspect.knob for suspect in self.suspects)


HASH = Suspect(knob="hash", cause="hash-order")
"""Hash order leaves no events: the code that ran is the only evidence."""


def find_suspects(
    a: Trace, b: Trace, *, factors: Collection[FactorName], unordered: bool, last: int, first: int
) -> tuple[Suspect, ...]:
    """Knobs with evidence that can have reached a difference, the most suspect first.

    ``first`` and ``last`` are the positions in A's log of the first and the last difference: events after the last
    one cannot be a cause, and of the others the nearest before the first one are tried first. ``unordered`` says
    that the code that ran can depend on hash order.
    """
    knobs: dict[Knob, list[Event]] = {}
    for event in a.events:
        if event.seq <= last:
            knobs.setdefault(_knob(event), []).append(event)
    known = {_knob(event) for event in a.events}
    for event in b.events:
        if _knob(event) not in known:
            knobs.setdefault(_knob(event), []).append(event)
    found = [
        suspect for knob, events in knobs.items() if (suspect := _suspect(knob, tuple(events), factors)) is not None
    ]
    order = list(CAUSE_OF_FACTOR)
    distances = {suspect.knob: _distance(suspect.events[0].seq, first) for suspect in found}
    found.sort(
        key=lambda suspect: (
            suspect.weak,
            max(distances[suspect.knob], distances.get(SUBSUMED.get(suspect.knob, ""), distances[suspect.knob])),
            order.index(factor_of(suspect.knob)) if suspect.weak else 0,
        )
    )
    if "hash" in factors and unordered:
        found.insert(sum(not suspect.weak for suspect in found), HASH)
    return tuple(found)


def last_reached(differences: Collection[Difference]) -> int:
    """The last position in A's log at which something can have reached a difference.

    A file is placed where it was first opened, and may be written to until the end.
    """
    if any(difference.key.aspect == "artifacts" for difference in differences):
        return sys.maxsize
    return max(difference.seq for difference in differences)


def without_evidence(suspects: Collection[Suspect], factors: Collection[FactorName]) -> tuple[Suspect, ...]:
    """The factors that were varied and that nothing in the log or the code speaks for: tried last, all at once.

    Some leave no evidence (a path of the checkout, a thread count); others are read where no probe and no reader of the
    code looks: those are the least likely, and stand last.
    """
    tried = {suspect.knob for suspect in suspects}
    return tuple(
        HASH if factor == HASH.knob else Suspect(knob=factor, cause=CAUSE_OF_FACTOR[factor], weak=True)
        for factor in sorted(CAUSE_OF_FACTOR, key=_LEAVES_NO_EVIDENCE.index)
        if factor in factors and factor not in tried
    )


def _suspect(knob: Knob, events: tuple[Event, ...], factors: Collection[FactorName]) -> Suspect | None:
    source = events[0].source
    if source in DRAWS:
        return Suspect(knob=knob, cause=CAUSE_OF_SOURCE[source], events=events) if "seed" in factors else None
    factor = _FACTOR_OF.get(source)
    if factor is None or factor not in factors:
        return None
    return Suspect(knob=factor, cause=CAUSE_OF_FACTOR[factor], events=events, weak=factor in _WEAK)


def _knob(event: Event) -> Knob:
    """For a draw its stream without the worker process it was drawn in (one line is one cause); else its factor."""
    if event.source in DRAWS:
        return seed_knob(event.stream.partition("#")[0])
    return _FACTOR_OF.get(event.source, event.source)


def _distance(seq: int, first: int) -> tuple[bool, int]:
    return (seq > first, abs(first - seq))


def plan(suspects: Sequence[Suspect], runs_left: int) -> tuple[Experiment, ...]:
    """One experiment for each suspect; where they are too many for the runs left, the least suspect share one."""
    if runs_left <= 0 or not suspects:
        return ()
    if len(suspects) <= runs_left:
        return tuple(Experiment(suspects=(suspect,)) for suspect in suspects)
    alone = [Experiment(suspects=(suspect,)) for suspect in suspects[: runs_left - 1]]
    return (*alone, Experiment(suspects=tuple(suspects[runs_left - 1 :])))

"""Which runs to make to tell the causes apart, as data."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from pytest_reprocheck.core.causes import CAUSE_OF_SOURCE
from pytest_reprocheck.core.conditions import FactorName, Knob, seed_knob
from pytest_reprocheck.core.trace import Event, Trace


@dataclass(frozen=True, kw_only=True, slots=True)
class Suspect:
    """A knob for which the log has evidence."""

    knob: Knob
    cause: str
    events: tuple[Event, ...]
    """Run A's events (or B's, where A has none), in the order of the log; empty for causes that leave none."""


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


HASH = Suspect(knob="hash", cause="hash-order", events=())
"""Hash order leaves no events: the code that ran is the only evidence."""


def find_suspects(
    a: Trace, b: Trace, *, factors: Collection[FactorName], unordered: bool, last: int, first: int
) -> tuple[Suspect, ...]:
    """Knobs with evidence that can have reached a difference, the most suspect first.

    ``first`` and ``last`` are the positions in A's log of the first and the last difference: draws after the last
    one cannot be a cause, and of the others the nearest before the first one are tried first. ``unordered`` says
    that the code that ran can depend on hash order.
    """
    streams: dict[str, list[Event]] = {}
    for event in a.events:
        if event.seq <= last:
            streams.setdefault(_site(event), []).append(event)
    known = {_site(event) for event in a.events}
    for event in b.events:
        if _site(event) not in known:
            streams.setdefault(_site(event), []).append(event)
    found = []
    if "seed" in factors:
        found = [
            Suspect(knob=seed_knob(stream), cause=CAUSE_OF_SOURCE[events[0].source], events=tuple(events))
            for stream, events in streams.items()
        ]
    found.sort(key=lambda suspect: _distance(suspect.events[0].seq, first))
    if "hash" in factors and unordered:
        found.append(HASH)
    return tuple(found)


def _site(event: Event) -> str:
    """The event's stream without the worker process it was drawn in: one line is one cause."""
    return event.stream.partition("#")[0]


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

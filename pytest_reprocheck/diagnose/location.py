"""From a cause to the user's line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pytest_reprocheck.core.findings import Difference
from pytest_reprocheck.core.trace import DRAWS, Event, Place, Trace
from pytest_reprocheck.diagnose.experiments import Suspect
from pytest_reprocheck.diagnose.unordered import Candidate


@dataclass(frozen=True, kw_only=True, slots=True)
class _Extent:
    """The lines of a step."""

    path: str
    cell: int | None
    first: int
    last: float

    def holds(self, place: Place) -> bool:
        return (
            place.path == self.path
            and place.cell == self.cell
            and (self.cell is not None or self.first <= (place.line or 0) <= self.last)
        )


def locate_event(suspect: Suspect, differences: Sequence[Difference]) -> Event:
    """The draw or read that matters: the last one before the first difference that it made, or the first at all.

    Where a function draws from one stream at several lines and nothing was observed between them, the first counts:
    with another value there, all the others are others too.
    """
    before = [event for event in suspect.events if event.seq <= differences[0].seq]
    if not before:
        return suspect.events[0]
    last = before[-1]
    return next(event for event in before if _call(event) == _call(last)) if last.source in DRAWS else last


def _call(event: Event) -> tuple[object, ...]:
    """The call of a user function in which something was drawn."""
    inner = (event.stack[0].place.path, event.stack[0].function) if event.stack else ("", event.seq)
    return (event.stream, event.step, *inner, *event.stack[1:])


def rank_candidates(
    candidates: Sequence[Candidate], differences: Sequence[Difference], trace: Trace
) -> tuple[Candidate, ...]:
    """Candidates for hash order, the likeliest first, without those in steps after the first difference.

    The first differing fact tells most: if it is a variable, its name is among the targets of the right statement;
    if it is a fit, the right statement stands above it in the same function, or in a function that its step called.
    """
    first = differences[0]
    step = _step_of(first, trace)
    extents = [_extent(trace, index) for index in range(len(trace.steps))]
    variables = {
        difference.key.what.removeprefix("variable ")
        for difference in differences
        if difference.key.aspect == "state" and _step_of(difference, trace) == step
    }

    def score(candidate: Candidate) -> tuple[bool, bool, bool, bool, int]:
        place = candidate.place
        same_unit = (place.path, place.cell) == (first.place.path, first.place.cell)
        above = same_unit and first.place.line is not None and (place.line or 0) <= first.place.line
        distance = abs((first.place.line or 0) - (place.line or 0)) if same_unit else 10**6
        in_step = step is not None and extents[step].holds(place)
        return (not variables.intersection(candidate.targets), not above, not in_step, not same_unit, distance)

    # A file may be written to in later steps than the one that opened it.
    last = None if first.key.aspect == "artifacts" else step
    possible = [candidate for candidate in candidates if _may_precede(candidate, last, extents)]
    return tuple(sorted(possible, key=score))


def _step_of(difference: Difference, trace: Trace) -> int | None:
    """The step in which run A observed the fact."""
    return next((item.step for item in trace.observations if item.seq == difference.seq), None)


def _extent(trace: Trace, index: int) -> _Extent:
    place = trace.steps[index].place
    following = trace.steps[index + 1].place if index + 1 < len(trace.steps) else None
    last = (following.line or 1) - 1 if following is not None and following.cell is None else float("inf")
    return _Extent(path=place.path, cell=place.cell, first=place.line or 1, last=last)


def _may_precede(candidate: Candidate, step: int | None, extents: Sequence[_Extent]) -> bool:
    if step is None or candidate.function != "<module>":
        return True
    return not any(extent.holds(candidate.place) for extent in extents[step + 1 :])

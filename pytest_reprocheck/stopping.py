"""Where no run may explain what differs, an audit ends with the first step that does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pytest_reprocheck.compare.alignment import compare_traces
from pytest_reprocheck.core.findings import Difference
from pytest_reprocheck.core.rules import FieldRule
from pytest_reprocheck.core.tolerance import Tolerance
from pytest_reprocheck.core.trace import NotCompared, Outcome, Trace, first_steps
from pytest_reprocheck.diagnose.attribution import counted, failing

_REASON = "the audit ends at the first difference, because its options leave no run to explain it"


def up_to_first_difference(
    a: Trace, b: Trace, *, tolerance: Tolerance, rules: Sequence[FieldRule] = ()
) -> tuple[Trace, Trace] | None:
    """Two traces as far as the first step that differs; None where no step does that both have done.

    What comes later is left out also where it is known: a report must not depend on when somebody looked. A step that
    a run did not get to the end of is not compared. But a run that failed in a step which the other one has done with
    differs there.
    """
    for one, other in ((a, b), (b, a)):
        if one.outcome.status not in ("finished", "stopped") and one.steps and len(other.steps) > len(one.steps):
            cut = _cut(other, len(one.steps))
            return (one, cut) if one is a else (cut, one)
    steps = min(_whole_steps(a), _whole_steps(b))
    found = _found(first_steps(a, steps), first_steps(b, steps), tolerance, rules)
    if not found:
        return None
    last = min(_step_of(difference, a, steps) for difference in found)
    if last + 1 == len(a.steps) == len(b.steps):
        return a, b
    return _cut(a, last + 1), _cut(b, last + 1)


def _cut(trace: Trace, steps: int) -> Trace:
    place = trace.steps[steps - 1].place
    return replace(
        first_steps(trace, steps),
        outcome=Outcome(status="stopped", message=f"not compared beyond {place}", place=place),
        not_compared=(*trace.not_compared, NotCompared(what=f"everything after {place}", reason=_REASON)),
    )


def _found(a: Trace, b: Trace, tolerance: Tolerance, rules: Sequence[FieldRule]) -> tuple[Difference, ...]:
    alike = Outcome(status="finished")
    ends = replace(a, outcome=alike), replace(b, outcome=alike)
    comparison = compare_traces(*ends, tolerance=tolerance, rules=rules)
    return failing(counted(comparison.differences))


def _whole_steps(trace: Trace) -> int:
    return len(trace.steps) if trace.outcome.status == "finished" else max(0, len(trace.steps) - 1)


def _step_of(difference: Difference, trace: Trace, steps: int) -> int:
    """The step that a difference is in, by the place in its key; the last one for what is no step's, as a file."""
    places = ((step.index, f"{step.place}|") for step in trace.steps)
    return next((index for index, place in places if difference.key.place.startswith(place)), steps - 1)

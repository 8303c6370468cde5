"""Aligning the facts of two traces and comparing each pair."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pytest_reprocheck.compare.comparators import Incomparable, compare_values, describe
from pytest_reprocheck.compare.judging import Context, Judgement, cut
from pytest_reprocheck.core.findings import Difference, Key, Sameness
from pytest_reprocheck.core.tolerance import Tolerance
from pytest_reprocheck.core.trace import NotCompared, Observation, Outcome, Place, Trace

ABSENT = "(absent)"
MAX_ABSENT = 20
"""Facts of one run alone that are listed one by one; a run that stopped early lacks all that follows."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Comparison:
    """What differs between two traces."""

    differences: tuple[Difference, ...]
    """Every fact that is not identical, in the order of A's log, facts that only B has by B's; ``sameness.counts``
    tells which matter."""
    not_compared: tuple[NotCompared, ...]


def compare_traces(a: Trace, b: Trace, *, tolerance: Tolerance) -> Comparison:
    """Compare all facts of two runs of the same subject."""
    a_facts, b_facts = _keyed(a), _keyed(b)
    differences: list[Difference] = []
    not_compared: list[NotCompared] = []
    absent = 0
    for key in [*a_facts, *(key for key in b_facts if key not in a_facts)]:
        left, right = a_facts.get(key), b_facts.get(key)
        shown = left or right
        assert shown is not None
        context = _context(a, b, tolerance, shown)
        place = _place(shown, a if left is not None else b)
        if left is None or right is None:
            absent += 1
            if absent > MAX_ABSENT:
                continue
            judgement: Judgement | None = _absent(left, right, context)
        else:
            try:
                judgement = compare_values(left.value, right.value, context)
            except Incomparable as error:
                not_compared.append(NotCompared(what=f"{shown.what} at {place}", reason=str(error)))
                continue
        if judgement is not None:
            differences.append(_difference(key, place, shown, judgement))
    if absent > MAX_ABSENT:
        reason = f"{absent - MAX_ABSENT} further facts are there in one run only"
        not_compared.append(NotCompared(what="facts of one run alone", reason=reason))
    outcome = _compare_outcomes(a, b)
    return Comparison(differences=(*differences, *outcome), not_compared=tuple(dict.fromkeys(not_compared)))


def _keyed(trace: Trace) -> Mapping[Key, Observation]:
    """Each observation under its identity; the occurrence tells those apart that share everything else."""
    seen: Counter[tuple[str, str, str]] = Counter()
    facts = {}
    for item in trace.observations:
        step = trace.steps[item.step].place if item.step is not None and item.step < len(trace.steps) else None
        stack = " < ".join(f"{call.place} {call.function}" for call in item.stack)
        place = f"{step}|{stack}|{item.about}"
        identity = (item.aspect, item.what, place)
        facts[Key(aspect=item.aspect, what=item.what, place=place, occurrence=seen[identity])] = item
        seen[identity] += 1
    return facts


def _place(item: Observation, trace: Trace) -> Place:
    if item.stack:
        return item.stack[0].place
    if item.step is not None and item.step < len(trace.steps):
        return trace.steps[item.step].place
    return trace.steps[-1].place if trace.steps else Place(path="")


def _context(a: Trace, b: Trace, tolerance: Tolerance, item: Observation) -> Context:
    return Context(
        a_blobs=Path(a.blobs),
        b_blobs=Path(b.blobs),
        a_root=a.facts.get("root", ""),
        b_root=b.facts.get("root", ""),
        tolerance=tolerance,
        aspect=item.aspect,
        what=item.what,
    )


def _absent(a: Observation | None, b: Observation | None, context: Context) -> Judgement:
    return Judgement(
        sameness=Sameness.DIFFERENT,
        a=describe(a.value, context, of_a=True) if a is not None else ABSENT,
        b=describe(b.value, context, of_a=False) if b is not None else ABSENT,
        note="in one run only",
        parts=("all",),
    )


def _difference(key: Key, place: Place, item: Observation, judgement: Judgement) -> Difference:
    return Difference(
        key=key,
        place=place,
        seq=item.seq,
        sameness=judgement.sameness,
        a=judgement.a,
        b=judgement.b,
        note=judgement.note,
        details=judgement.details,
        parts=judgement.parts,
        about=item.about,
    )


def _compare_outcomes(a: Trace, b: Trace) -> tuple[Difference, ...]:
    if (a.outcome.status, a.outcome.message) == (b.outcome.status, b.outcome.message):
        return ()
    place = a.outcome.place or b.outcome.place or (a.steps[-1].place if a.steps else Place(path=""))
    last = max((*(item.seq for item in a.observations), *(event.seq for event in a.events)), default=0)
    return (
        Difference(
            key=Key(aspect="outputs", what="outcome", place=str(place)),
            place=place,
            seq=last + 1,
            sameness=Sameness.DIFFERENT,
            a=_told(a.outcome),
            b=_told(b.outcome),
            parts=("all",),
        ),
    )


def _told(outcome: Outcome) -> str:
    return cut(f"{outcome.status} {outcome.message}".strip())

"""Aligning the facts of two traces and comparing each pair."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pytest_reprocheck.compare.judging import Context, Judgement, cut
from pytest_reprocheck.compare.names import counterparts
from pytest_reprocheck.compare.normalise import Own, apply_rules, normalise_pair
from pytest_reprocheck.compare.reordering import by_content
from pytest_reprocheck.compare.unknown import unknown_parts
from pytest_reprocheck.core.findings import Difference, Key, Sameness
from pytest_reprocheck.core.rules import FieldRule
from pytest_reprocheck.core.tolerance import Tolerance
from pytest_reprocheck.core.trace import Aspect, NotCompared, Observation, Outcome, Place, Trace
from pytest_reprocheck.core.values import Text

ABSENT = "(absent)"
MAX_ABSENT = 20
"""Facts of one aspect in one run alone that are listed one by one; a run that stopped early lacks all that follows."""
_UNORDERED: frozenset[Aspect] = frozenset({"features", "training", "predictions"})
"""Aspects whose facts at one line are told apart by what they are, and not by which came first."""
_FILE = "file "
_STREAMS = frozenset({"stdout", "stderr"})
MAX_PARTS = 1000
"""Parts of one difference that are named one by one."""
MORE_PARTS = "(more)"
"""The part that stands for all beyond those."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Comparison:
    """What differs between two traces."""

    differences: tuple[Difference, ...]
    """Every fact that is not identical, in the order of A's log, facts that only B has by B's; ``sameness.counts``
    tells which matter."""
    not_compared: tuple[NotCompared, ...]


def compare_traces(a: Trace, b: Trace, *, tolerance: Tolerance, rules: Sequence[FieldRule] = ()) -> Comparison:
    """Compare all facts of two runs of the same subject; ``rules`` are the user's own normalisers."""
    a_facts = _keyed(a)
    same_names = _renamed(a_facts, _paired(a_facts, _keyed(b)), (_own(a), _own(b)))
    b_facts, moved = by_content(a_facts, same_names)
    differences: list[Difference] = []
    not_compared: list[NotCompared] = []
    absent: Counter[tuple[Aspect, str]] = Counter()
    for key in [*a_facts, *(key for key in b_facts if key not in a_facts)]:
        left, right = a_facts.get(key), b_facts.get(key)
        shown = left or right
        assert shown is not None
        place = _place(shown, a if left is not None else b)
        context = _context(a, b, shown, tolerance.at(key.aspect, place.cell), rules)
        if left is None or right is None:
            lacking = (key.aspect, "A" if left is None else "B")
            absent[lacking] += 1
            if absent[lacking] > MAX_ABSENT:
                continue
            judgement: Judgement | None = _of_noise_alone(left, right, context) or _absent(left, right, context)
        else:
            judgement = _judged(left, right, context)
            if left.aspect == "artifacts" and left.what != right.what:
                judgement = _named_apart(left, right, judgement)
            reasons = _not_compared(left, right, judgement)
            not_compared += [NotCompared(what=f"{shown.what} at {place}", reason=reason) for reason in reasons]
        if judgement is not None and judgement.sameness is not Sameness.IDENTICAL:
            differences.append(_difference(key, place, shown, judgement))
    differences += [_reordered(key, names, a_facts, a) for key, *names in moved]
    differences += _compare_outcomes(a, b, [rule for rule in rules if "outputs" in rule.aspects])
    return Comparison(
        differences=tuple(differences),
        not_compared=tuple(dict.fromkeys([*not_compared, *_unlisted(absent)])),
    )


def _judged(a: Observation, b: Observation, context: Context) -> Judgement | None:
    """None where the values are identical; only others need comparators, and the libraries that these load."""
    if a.value == b.value and a.value.digest is not None:
        return None
    from pytest_reprocheck.compare.comparators import compare_values

    return compare_values(a.value, b.value, context)


def _keyed(trace: Trace) -> Mapping[Key, Observation]:
    """Each observation under its identity; the occurrence tells those apart that share everything else."""
    seen: Counter[tuple[str, str, str]] = Counter()
    facts = {}
    for item in trace.observations:
        if item.aspect == "data":
            continue  # of what was read, records alone speak: B asks for other orders of rows
        step = trace.steps[item.step].place if item.step is not None and item.step < len(trace.steps) else None
        stack = " < ".join(f"{call.place} {call.function}" for call in item.stack)
        # A file is the same fact whichever line wrote it.
        place = "" if item.aspect == "artifacts" else f"{step}|{stack}|{item.about}"
        identity = (item.aspect, item.what, place)
        facts[Key(aspect=item.aspect, what=item.what, place=place, occurrence=seen[identity])] = item
        seen[identity] += 1
    return facts


def _paired(a: Mapping[Key, Observation], b: Mapping[Key, Observation]) -> Mapping[Key, Observation]:
    """B's facts, those under A's keys that are equal to A's where the same line made several.

    Threads and sets make the same line fit the same models in another order: which was the first is no result.
    """
    groups: dict[tuple[str, str, str], list[Key]] = {}
    for key in b:
        if key.aspect in _UNORDERED:
            groups.setdefault((key.aspect, key.what, key.place.rpartition("|")[0]), []).append(key)
    paired = dict(b)
    for keys in groups.values():
        known = [key for key in keys if key in a]
        if len(known) < 2 or all(a[key].value.digest == b[key].value.digest for key in known):
            continue
        left = list(known)
        chosen: dict[Key, Key] = {}
        for key in known:
            digest = a[key].value.digest
            equal = next((each for each in left if digest is not None and b[each].value.digest == digest), None)
            if equal is not None:
                chosen[key] = equal
                left.remove(equal)
        rest = iter(left)
        paired |= {key: b[chosen[key] if key in chosen else next(rest)] for key in known}
    return paired


def _reordered(key: Key, names: Sequence[Sequence[str]], facts: Mapping[Key, Observation], trace: Trace) -> Difference:
    """The outputs of one step in another order."""
    last = [item for fact, item in facts.items() if fact.place == key.place and fact.what in names[0]][-1]
    shown = cut(", ".join(names[0])), cut(", ".join(names[1]))
    judgement = Judgement(sameness=Sameness.ORDERING, a=shown[0], b=shown[1], note="outputs reordered", parts=("all",))
    return _difference(key, _place(last, trace), last, judgement)


def _renamed(
    a: Mapping[Key, Observation], b: Mapping[Key, Observation], own: tuple[Own, Own]
) -> Mapping[Key, Observation]:
    """B's facts, with files of generated names under the keys of their counterparts in A."""
    alone = [
        {
            key.what.removeprefix(_FILE): item
            for key, item in here.items()
            if key.aspect == "artifacts" and key not in there
        }
        for here, there in ((a, b), (b, a))
    ]
    if not all(alone):
        return b
    digests = [{name: item.value.digest for name, item in facts.items()} for facts in alone]
    pairs = counterparts(digests[0], digests[1], own)
    return {
        replace(key, what=f"{_FILE}{pairs[name]}") if (name := key.what.removeprefix(_FILE)) in pairs else key: item
        for key, item in b.items()
    }


def _named_apart(a: Observation, b: Observation, judgement: Judgement | None) -> Judgement:
    """Two files whose names differ in a generated part; that alone says nothing of what is in them."""
    names = cut(a.what.removeprefix(_FILE)), cut(b.what.removeprefix(_FILE))
    if judgement is None or judgement.sameness is Sameness.IDENTICAL:
        return Judgement(sameness=Sameness.NORMALISED, a=names[0], b=names[1], note="generated-name", parts=("name",))
    note = f"{judgement.note}, " if judgement.note else ""
    return replace(judgement, note=f"{note}named {names[0]} | {names[1]}")


def _not_compared(a: Observation, b: Observation, judgement: Judgement | None) -> list[str]:
    """Why parts of two facts could not be compared."""
    unknown = {reason for item in (a, b) for reason in unknown_parts(item.value)}
    return [*sorted(unknown), *(judgement.not_compared if judgement is not None else ())]


def _place(item: Observation, trace: Trace) -> Place:
    if item.stack:
        return item.stack[0].place
    if item.step is not None and item.step < len(trace.steps):
        return trace.steps[item.step].place
    return _file(trace)


def _file(trace: Trace) -> Place:
    """The subject's file as a whole, as far as the trace tells it."""
    if trace.steps:
        return Place(path=trace.steps[0].place.path)
    return Place(path=trace.outcome.place.path if trace.outcome.place is not None else "")


def _unlisted(absent: Mapping[tuple[Aspect, str], int]) -> list[NotCompared]:
    further = sum(max(0, count - MAX_ABSENT) for count in absent.values())
    if not further:
        return []
    reason = f"{further} further facts are there in one run only"
    return [NotCompared(what="facts of one run alone", reason=reason)]


def _context(a: Trace, b: Trace, item: Observation, tolerance: Tolerance, rules: Sequence[FieldRule]) -> Context:
    return Context(
        a_blobs=Path(a.blobs) if a.blobs else None,
        b_blobs=Path(b.blobs) if b.blobs else None,
        a_own=_own(a),
        b_own=_own(b),
        tolerance=tolerance,
        aspect=item.aspect,
        what=item.what,
        rules=tuple(rule for rule in rules if item.aspect in rule.aspects),
    )


def _own(trace: Trace) -> Own:
    names = [item.name for item in dataclasses.fields(Own)]
    return Own(**{name: trace.facts.get(name, "") for name in names})


def _of_noise_alone(a: Observation | None, b: Observation | None, context: Context) -> Judgement | None:
    """A stream that only one run wrote to, where all of it is noise; None for everything else."""
    wrote = a or b
    if wrote is None or wrote.what not in _STREAMS or not isinstance(wrote.value, Text):
        return None
    nothing = replace(wrote, value=replace(wrote.value, text="", digest=""))
    judgement = _judged(a or nothing, b or nothing, context)
    return judgement if judgement is not None and judgement.sameness is Sameness.NORMALISED else None


def _absent(a: Observation | None, b: Observation | None, context: Context) -> Judgement:
    from pytest_reprocheck.compare.comparators import describe

    return Judgement(
        sameness=Sameness.DIFFERENT,
        a=describe(a.value, context, of_a=True) if a is not None else ABSENT,
        b=describe(b.value, context, of_a=False) if b is not None else ABSENT,
        note="in one run only",
        parts=("all",),
    )


def _difference(key: Key, place: Place, item: Observation, judgement: Judgement) -> Difference:
    parts = judgement.parts if len(judgement.parts) <= MAX_PARTS else (*judgement.parts[:MAX_PARTS], MORE_PARTS)
    return Difference(
        key=key,
        place=place,
        seq=item.seq,
        sameness=judgement.sameness,
        a=judgement.a,
        b=judgement.b,
        note=judgement.note,
        details=judgement.details,
        parts=parts,
        about=item.about,
        pairs=judgement.pairs,
    )


def _compare_outcomes(a: Trace, b: Trace, rules: Sequence[FieldRule]) -> list[Difference]:
    left, right = a.outcome, b.outcome
    moved = left.status == right.status == "raised" and left.place != right.place
    ends = [(outcome.status, outcome.exit_code, outcome.message) for outcome in (left, right)]
    if ends[0] == ends[1] and not moved:
        return []
    a_text, b_text, given = apply_rules(left.message, right.message, rules)
    a_text, b_text, found = normalise_pair(a_text, b_text, (_own(a), _own(b)))
    normalised = ends[0][:2] == ends[1][:2] and a_text == b_text and not moved
    last = max((*(item.seq for item in a.observations), *(event.seq for event in a.events)), default=-1)
    difference = Difference(
        # Wherever the runs end, it is the same fact: how they end.
        key=Key(aspect="outputs", what="outcome", place=""),
        place=left.place or right.place or _file(a),
        seq=last + 1,
        sameness=Sameness.NORMALISED if normalised else Sameness.DIFFERENT,
        a=_told(left),
        b=_told(right),
        note=", ".join(sorted({*given, *found})) if normalised else f"at {left.place} | {right.place}" if moved else "",
        parts=("all",),
    )
    return [difference]


def _told(outcome: Outcome) -> str:
    return cut(f"{outcome.status} {outcome.message}".strip())

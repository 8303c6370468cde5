"""The attribution matrix: which differences each experiment brought about, and what remains."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from pytest_reprocheck.core.conditions import Knob
from pytest_reprocheck.core.findings import Difference, Key
from pytest_reprocheck.core.trace import Aspect
from pytest_reprocheck.diagnose.experiments import Experiment, Suspect

FAILING: frozenset[Aspect] = frozenset({"outputs", "features", "training", "predictions", "artifacts"})
"""Aspects whose differences reach a result; the others only help to locate."""


WHOLE = "all"
"""The part that stands for a fact as a whole, where it differs in no part of its own (in its order, its type)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Attribution:
    """What an experiment brought about."""

    experiment: Experiment
    differences: tuple[Difference, ...]
    """Between A and the experiment's run, in A's order, state among them."""


def counted(differences: Iterable[Difference], null: Iterable[Difference] = ()) -> tuple[Difference, ...]:
    """The differences beyond normalisers and tolerance, less what also differs between A and A replayed (``null``)."""
    uncontrolled: dict[Key, set[str]] = {}
    for difference in null:
        if difference.sameness.counts:
            uncontrolled.setdefault(difference.key, set()).update(difference.parts)
    remaining = []
    for difference in differences:
        if not difference.sameness.counts:
            continue
        other = uncontrolled.get(difference.key)
        if other is None:
            remaining.append(difference)
        elif WHOLE not in other and (rest := [part for part in difference.parts if part not in other]):
            remaining.append(replace(difference, parts=tuple(rest)))
    return tuple(remaining)


def failing(differences: Iterable[Difference]) -> tuple[Difference, ...]:
    """Those that count against the subject."""
    return tuple(difference for difference in differences if difference.key.aspect in FAILING)


SUBSUMED: Mapping[Knob, Knob] = {"timezone": "clock"}
"""Factor -> the one that explains its effects where both bring them about: a local time is made from the clock's."""


def attribute(results: Mapping[Experiment, Sequence[Difference]]) -> tuple[Attribution, ...]:
    """One attribution for each experiment that made a difference, in the order of the first difference that counts."""
    by_knob = {
        experiment.knobs[0]: differences for experiment, differences in results.items() if len(experiment.knobs) == 1
    }
    found = []
    for experiment, differences in results.items():
        wider = by_knob.get(SUBSUMED.get(experiment.knobs[0], ""), ()) if len(experiment.knobs) == 1 else ()
        explained = {difference.key for difference in wider}
        own = tuple(difference for difference in differences if difference.key not in explained)
        if failing(own):
            found.append(Attribution(experiment=experiment, differences=own))
    return tuple(sorted(found, key=lambda attribution: failing(attribution.differences)[0].seq))


def nearest(suspects: Sequence[Suspect], difference: Difference) -> Suspect:
    """The suspect with the last draw before a difference: evidence where no experiment told them apart, but no proof.

    A suspect without events (hash order) only if there is no other.
    """
    before = [(event.seq, suspect) for suspect in suspects for event in suspect.events if event.seq <= difference.seq]
    if before:
        return max(before, key=lambda pair: pair[0])[1]
    return next((suspect for suspect in suspects if not suspect.events), suspects[0])


def remaining(target: Sequence[Difference], attributions: Sequence[Attribution]) -> tuple[Difference, ...]:
    """The differences of ``target`` that no attribution explains."""
    explained: dict[Key, set[str]] = {}
    for attribution in attributions:
        for difference in attribution.differences:
            explained.setdefault(difference.key, set()).update(difference.parts)
    return tuple(difference for difference in target if difference.key not in explained)

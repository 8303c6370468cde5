"""The attribution matrix: which differences each experiment brought about, and what remains."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from pytest_reprocheck.core.findings import Difference, Key
from pytest_reprocheck.core.trace import DRAWS, Aspect
from pytest_reprocheck.diagnose.experiments import SUBSUMED, Experiment, Suspect

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
    at: str = ""
    """The stream of the reads that bring it about, where the factor was varied at each line alone; else empty."""

    @property
    def suspects(self) -> tuple[Suspect, ...]:
        """Those of the experiment, with the events of the guilty line alone where it is known."""
        return tuple(
            replace(suspect, events=tuple(event for event in suspect.events if event.stream == self.at))
            if self.at
            else suspect
            for suspect in self.experiment.suspects
        )


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


def sites_of(suspect: Suspect, differences: Sequence[Difference]) -> tuple[str, ...]:
    """The streams of a suspect's reads up to the last difference, the nearest before the first difference first."""
    first, last = differences[0].seq, differences[-1].seq
    reads = [event for event in suspect.events if event.source not in DRAWS and event.seq <= last]
    reads.sort(key=lambda event: (event.seq > first, abs(first - event.seq)))
    return tuple(dict.fromkeys(event.stream for event in reads))


def shared_out(attribution: Attribution, shown: Mapping[str, Sequence[Difference]]) -> tuple[Attribution, ...]:
    """An attribution for each line, by what varying the factor there alone showed; empty if no line showed anything.

    What no line brings about by itself stays with the line that brings about most, the nearest one of several.
    """
    whole = {difference.key for difference in failing(attribution.differences)}
    keys = {site: whole.intersection(difference.key for difference in found) for site, found in shown.items()}
    order = sorted(keys, key=lambda site: -len(keys[site]))
    taken: set[Key] = set()
    parts: list[tuple[str, set[Key]]] = []
    for site in order:
        mine = keys[site] - taken
        # The two reads of a duration bring about much the same.
        if len(mine) * 2 > len(keys[site]):
            parts.append((site, mine))
        taken |= mine
    return tuple(
        replace(
            attribution,
            at=site,
            differences=tuple(
                difference
                for difference in attribution.differences
                if difference.key in mine or (site == order[0] and difference.key not in taken)
            ),
        )
        for site, mine in parts
    )


def nearest(suspects: Sequence[Suspect], difference: Difference) -> Suspect:
    """The suspect with the last draw before a difference: evidence where no experiment told them apart, but no proof.

    A suspect without events (hash order) only if there is no other.
    """
    before = [(event.seq, suspect) for suspect in suspects for event in suspect.events if event.seq <= difference.seq]
    if before:
        return max(before, key=lambda pair: pair[0])[1]
    return next((suspect for suspect in suspects if not suspect.events), suspects[0])


def remaining(target: Sequence[Difference], attributions: Sequence[Attribution]) -> tuple[Difference, ...]:
    """The differences of ``target`` that no attribution explains; of a text, the lines."""
    explained: dict[Key, set[str]] = {}
    for attribution in attributions:
        for difference in attribution.differences:
            explained.setdefault(difference.key, set()).update(difference.parts)
    left = []
    for difference in target:
        parts = explained.get(difference.key)
        if parts is None:
            left.append(difference)
        elif (
            difference.pairs
            and WHOLE not in parts
            and (rest := [each for each in difference.parts if each not in parts])
        ):
            left.append(replace(difference, parts=tuple(rest)))
    return tuple(left)

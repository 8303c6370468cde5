"""The second half of an audit: A and B differ, and a few more runs tell why.

Values flow one way: differences -> suspects -> experiments -> traces -> attributions -> findings. Everything that
decides is a pure function of ``diagnose``; this module only makes the runs that they ask for.
"""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from pytest_reprocheck.compare.alignment import Comparison, compare_traces
from pytest_reprocheck.config import Options
from pytest_reprocheck.core.conditions import Conditions, Knob, with_knobs
from pytest_reprocheck.core.findings import Difference, Finding
from pytest_reprocheck.core.sources import Edit, Unit, apply_edits
from pytest_reprocheck.core.trace import Place, Trace
from pytest_reprocheck.diagnose.attribution import Attribution, attribute, counted, failing, nearest, remaining
from pytest_reprocheck.diagnose.concluding import (
    Evidence,
    Proof,
    conclude,
    draw_message,
    order_message,
    unexplained_message,
    with_proof,
)
from pytest_reprocheck.diagnose.experiments import HASH, Experiment, Suspect, find_suspects, plan
from pytest_reprocheck.diagnose.location import locate_draw, rank_candidates
from pytest_reprocheck.diagnose.remedies import Remedy, remedy_for_draw, remedy_for_order
from pytest_reprocheck.diagnose.unordered import Candidate

MAX_TRIALS = 8
"""Remedies tried to divide what one experiment brought about; each takes two runs."""


class Executor(Protocol):
    """Whatever can run the subject; the runs of one call may go side by side."""

    def run(
        self,
        conditions: Sequence[Conditions],
        replaced: Mapping[tuple[str, int | None], str] | None = None,
        *,
        recording: str = "",
        deadline: float = math.inf,
    ) -> list[Trace]:
        """One trace for each of the conditions, with other texts for some units, and replays from a recording.

        The outcome of what is ended at the deadline (``time.monotonic()``) is ``stopped``.
        """


@dataclass(kw_only=True, slots=True)
class Case:
    """What is to be explained, and what the runs have shown so far."""

    executor: Executor
    options: Options
    subject_path: str
    a: Trace
    b: Trace
    third: Conditions
    """Values for every factor that neither A nor B has."""
    comparison: Comparison
    """Of A and B."""
    units: tuple[Unit, ...]
    candidates: tuple[Candidate, ...]
    runs: int
    """Executions so far, A and B among them."""
    trials: int = 0
    null: tuple[Difference, ...] = ()
    """What differs between runs under the same conditions: A and A replayed, or an experiment and its repetition."""
    traces: dict[Experiment, Trace] = field(default_factory=dict)
    results: dict[Experiment, tuple[Difference, ...]] = field(default_factory=dict)
    deadline: float = math.inf
    """``time.monotonic()`` after which no further run is begun, and those under way are ended."""

    @property
    def differences(self) -> tuple[Difference, ...]:
        """Between A and B, all that count, state among them; in A's order."""
        return counted(self.comparison.differences)

    def varied(self, knobs: Sequence[Knob], generation: int) -> Conditions:
        """A's conditions with other values for some knobs: B's, or the third ones."""
        return with_knobs(self.a.conditions, self.b.conditions if generation == 1 else self.third, knobs)


def explain(case: Case) -> tuple[Finding, ...]:
    """The findings for the differences of a case; ``case`` is brought up to date with the runs it took."""
    case.deadline = time.monotonic() + case.options.budget
    suspects = find_suspects(
        case.a,
        case.b,
        factors=case.options.vary,
        unordered=bool(case.candidates),
        first=min(difference.seq for difference in case.differences),
        last=max(difference.seq for difference in case.differences),
    )
    runs_left = case.options.max_runs - case.runs
    _experiment(case, plan(suspects, runs_left - 1), replay=runs_left > 0)
    target = failing(counted(case.differences, case.null))
    if (second := _second_hash(case, target)) is not None and case.runs < case.options.max_runs:
        _experiment(case, (second,))
    attributions = attribute(case.results)
    findings = [finding for attribution in attributions for finding in _findings(case, attribution)]
    return tuple(_with_followers(case, findings, remaining(target, attributions)))


def _second_hash(case: Case, target: Sequence[Difference]) -> Experiment | None:
    """One more experiment with the hash factor, where the first ones leave a doubt.

    A few strings often keep their order under one other hash seed: B need not have shown what a third value shows. And
    where reading the code found nothing unordered and yet something is unexplained, the factor itself can still tell.
    """
    tested = [found for experiment, found in case.results.items() if experiment.knobs == (HASH.knob,)]
    if tested and not failing(tested[0]) and case.b.conditions.hash != case.third.hash:
        return Experiment(suspects=(HASH,), generation=2)
    if not tested and "hash" in case.options.vary and remaining(target, attribute(case.results)):
        return Experiment(suspects=(HASH,))
    return None


def _experiment(case: Case, experiments: Sequence[Experiment], *, replay: bool = False) -> None:
    """Make the runs, two side by side, the replay of A among the first; what does not fit the budget is left out.

    So is a run that is under way when the budget is up: it counts as not made. Without the replay the others would be
    blamed for what no factor controls, and count for nothing.
    """
    pending: list[Experiment | None] = [None, *experiments] if replay else list(experiments)
    traces: dict[Experiment | None, Trace] = {}
    while pending and time.monotonic() < case.deadline:
        batch, pending = pending[:2], pending[2:]
        conditions = [case.a.conditions if each is None else case.varied(each.knobs, each.generation) for each in batch]
        for each, trace in zip(batch, case.executor.run(conditions, deadline=case.deadline), strict=True):
            if trace.outcome.status != "stopped":
                case.runs += 1
                traces[each] = trace
        if replay and None not in traces:
            return
    if (again := traces.pop(None, None)) is not None:
        case.null = compare_traces(case.a, again, tolerance=case.options.tolerance).differences
    made = {each: trace for each, trace in traces.items() if each is not None}
    case.traces |= made
    for each, trace in made.items():
        case.results[each] = counted(
            compare_traces(case.a, trace, tolerance=case.options.tolerance).differences, case.null
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Proposal:
    """Where a suspect's cause may stand, and what would remove it."""

    suspect: Suspect
    location: Place
    message: str
    """What happens there, in one clause."""
    remedy: Remedy


def _findings(case: Case, attribution: Attribution) -> list[Finding]:
    """What an experiment brought about, divided among its proposals by trying their remedies one after the other.

    A draw that was varied alone has nothing to be divided. Differences that no remedy takes away, or that was not
    tried, go to the likeliest proposal: to that of the nearest suspect, where several were varied together.
    """
    proposals = [
        proposal for suspect in attribution.experiment.suspects for proposal in _proposals(case, suspect, attribution)
    ]
    alone = len(attribution.experiment.suspects) == 1
    if alone and attribution.experiment.suspects[0].events:
        left = _try(case, attribution, proposals[0].remedy.edits)
        if _is_refuted(proposals[0], attribution, left):
            case.null = (*case.null, *attribution.differences)
            return []
        stable = attribution.differences if left == () else _repeated(case, attribution, attribution.differences)
        return [_finding(case, proposals[0], stable, left, "alone")] if failing(stable) else []
    pending = failing(attribution.differences)
    applied: list[Edit] = []
    findings: list[Finding] = []
    useless: list[Proposal] = []
    for proposal in proposals[:MAX_TRIALS]:
        left = _try(case, attribution, (*applied, *proposal.remedy.edits)) if proposal.remedy.edits else None
        kept = {difference.key for difference in left} if left is not None else set()
        gone = [difference for difference in pending if difference.key not in kept]
        if left is None or not gone:
            useless += [proposal] if left is not None else []
            continue
        applied += proposal.remedy.edits
        findings.append(_finding(case, proposal, gone, (), "alone" if alone else "remedy"))
        pending = tuple(difference for difference in pending if difference.key in kept)
        if not pending:
            return findings
    # A place in the code whose remedy changed nothing is not where the order is made; a draw stays the evidence it was.
    possible = [proposal for proposal in proposals if proposal.suspect.events or proposal not in useless]
    return findings + _leftovers(case, attribution, possible, pending)


def _is_refuted(proposal: Proposal, attribution: Attribution, left: Sequence[Difference] | None) -> bool:
    """Whether a draw was seeded where it is drawn, and everything differs as before: then it was not the draw.

    An estimator is seeded where it is made, and the reader of the code may have taken another one for it.
    """
    if left is None or any(event.source == "estimator" for event in proposal.suspect.events):
        return False
    return len(left) >= len(failing(attribution.differences))


def _repeated(case: Case, attribution: Attribution, differences: Sequence[Difference]) -> tuple[Difference, ...]:
    """The differences that come again when A and the experiment are repeated; the others join the uncontrolled ones.

    A coarse value that nothing controls (a process number modulo three) can be equal in A and A replayed, and differ in
    whatever run came next: without a remedy that makes the difference go, the experiment itself has to be repeatable.
    """
    if time.monotonic() >= case.deadline:
        return tuple(differences)
    experiment = attribution.experiment
    # The other way round than before: what depends on who starts first must not look like the experiment's doing.
    conditions = [case.varied(experiment.knobs, experiment.generation), case.a.conditions]
    varied, baseline = case.executor.run(conditions, deadline=case.deadline)
    if "stopped" in (varied.outcome.status, baseline.outcome.status):
        return tuple(differences)
    case.trials += 2
    tolerance = case.options.tolerance
    noise = (
        *compare_traces(case.a, baseline, tolerance=tolerance).differences,
        *compare_traces(case.traces[experiment], varied, tolerance=tolerance).differences,
    )
    case.null = (*case.null, *noise)
    return counted(differences, noise)


def _leftovers(
    case: Case, attribution: Attribution, proposals: Sequence[Proposal], pending: Sequence[Difference]
) -> list[Finding]:
    """Findings for what no trial took away."""
    suspects = attribution.experiment.suspects
    if len(suspects) == 1:
        pending = failing(_repeated(case, attribution, pending))
    shares: dict[Suspect, list[Difference]] = {}
    for difference in pending:
        shares.setdefault(nearest(suspects, difference), []).append(difference)
    findings = []
    for suspect, share in shares.items():
        proposal = next((each for each in proposals if each.suspect == suspect), None)
        if proposal is None:
            message = "somewhere a set has another order; reading the code did not tell where"
            proposal = Proposal(suspect=suspect, location=share[0].place, message=message, remedy=Remedy(text=""))
        findings.append(_finding(case, proposal, share, None, "alone" if len(suspects) == 1 else "nearest"))
    return findings


def _proposals(case: Case, suspect: Suspect, attribution: Attribution) -> list[Proposal]:
    """For a draw its line; for hash order the places in the code that can make an order, the likeliest first."""
    if suspect.events:
        event = locate_draw(suspect, attribution.differences)
        first = failing(attribution.differences)[0]
        return [
            Proposal(
                suspect=suspect,
                location=event.stack[0].place if event.stack else first.place,
                message=draw_message(event),
                remedy=remedy_for_draw(event, case.subject_path, case.units),
            )
        ]
    return [
        Proposal(
            suspect=suspect,
            location=candidate.place,
            message=order_message(candidate.kind),
            remedy=remedy_for_order(candidate, case.units),
        )
        for candidate in rank_candidates(case.candidates, attribution.differences, case.a)
    ]


def _finding(
    case: Case,
    proposal: Proposal,
    differences: Sequence[Difference],
    left: Sequence[Difference] | None,
    proof: Proof,
) -> Finding:
    evidence = Evidence(
        cause=proposal.suspect.cause,
        location=proposal.location,
        message=with_proof(proposal.suspect.cause, proposal.message, proof),
        confirmed=proof != "nearest",
        remedy=_with_trial(proposal.remedy, left),
    )
    return conclude(evidence, differences, case.units)


def _try(case: Case, attribution: Attribution, edits: Sequence[Edit]) -> tuple[Difference, ...] | None:
    """What still differs under the experiment when the edits are made.

    None when it was not tried, or when the edited subject does not finish.
    """
    if not edits or not case.options.try_remedies or time.monotonic() >= case.deadline:
        return None
    experiment = attribution.experiment
    conditions = [case.a.conditions, case.varied(experiment.knobs, experiment.generation)]
    baseline, varied = case.executor.run(conditions, apply_edits(case.units, edits), deadline=case.deadline)
    if "stopped" in (baseline.outcome.status, varied.outcome.status):
        return None
    case.trials += 2
    if baseline.outcome.status != "finished" or varied.outcome.status != "finished":
        return None
    uncontrolled = {(difference.key.aspect, difference.key.what) for difference in counted(case.null)}
    differences = compare_traces(baseline, varied, tolerance=case.options.tolerance).differences
    return tuple(
        difference
        for difference in failing(counted(differences))
        if (difference.key.aspect, difference.key.what) not in uncontrolled
    )


def _with_trial(remedy: Remedy, left: Sequence[Difference] | None) -> str:
    if left is None:
        return f"{remedy.text}  (not tried)" if remedy.edits else remedy.text
    stay = "1 difference stays" if len(left) == 1 else f"{len(left)} differences stay"
    return f"{remedy.text}  (tried: gone)" if not left else f"{remedy.text}  (tried: {stay})"


def _with_followers(case: Case, findings: list[Finding], left: Sequence[Difference]) -> list[Finding]:
    """The findings, and one more for what no factor controls or no experiment brought about.

    A difference that only B showed, after effects that experiments explained, follows from those (a rounded score
    that came out the same under one cause alone, or that takes two of them together): it needs no finding of its
    own.
    """
    uncontrolled = failing(counted(case.null))
    result = list(findings)
    if uncontrolled:
        result.append(_unexplained(case, uncontrolled, replayed=True))
    if left and not findings:
        result.append(_unexplained(case, left, replayed=False))
    return result


def _unexplained(case: Case, differences: Sequence[Difference], *, replayed: bool) -> Finding:
    evidence = Evidence(
        cause="unexplained",
        location=differences[0].place,
        message=unexplained_message(replayed=replayed),
        confirmed=False,
        remedy="",
    )
    return conclude(evidence, differences, case.units)

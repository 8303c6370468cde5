"""The second half of an audit: A and B differ, and a few more runs tell why.

Values flow one way: differences -> suspects -> experiments -> traces -> attributions -> findings. Everything that
decides is a pure function of ``diagnose``; this module only asks for the runs that they want.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace

from pytest_reprocheck.case import Case, at_each_site, experiment, repeated, tried
from pytest_reprocheck.core.conditions import factor_of
from pytest_reprocheck.core.findings import Difference, Finding
from pytest_reprocheck.core.sources import Edit
from pytest_reprocheck.core.trace import DRAWS
from pytest_reprocheck.diagnose.amplifying import amplification
from pytest_reprocheck.diagnose.attribution import (
    Attribution,
    attribute,
    counted,
    failing,
    nearest,
    shared_out,
    sites_of,
)
from pytest_reprocheck.diagnose.concluding import Evidence, Proof, conclude, unexplained_message, with_proof
from pytest_reprocheck.diagnose.experiments import (
    HASH,
    Experiment,
    Suspect,
    find_suspects,
    last_reached,
    plan,
    without_evidence,
)
from pytest_reprocheck.diagnose.proposals import Proposal, Scene, proposals
from pytest_reprocheck.diagnose.remedies import only_shown
from pytest_reprocheck.diagnose.severity import severity_of
from pytest_reprocheck.diagnose.wording import Remedy
from pytest_reprocheck.uncontrolled import (
    address_findings,
    carried_findings,
    kernel_findings,
    query_finding,
    worker_finding,
)

MAX_TRIALS = 8
"""Remedies tried to divide what one experiment brought about; each takes two runs."""
MAX_SITES = 6
"""Lines at which a factor is varied alone to tell which of them matters; each takes a run."""


def explain(case: Case) -> tuple[Finding, ...]:
    """The findings for the differences of a case; ``case`` is brought up to date with the runs it took."""
    case.deadline = time.monotonic() + case.options.budget
    if case.may_run_again:
        _experiments(case)
    attributions = attribute(case.results)
    findings = [finding for attribution in attributions for finding in _findings(case, attribution)]
    return tuple(_with_followers(case, findings))


def _experiments(case: Case) -> None:
    """Make the runs that tell the factors apart: the best evidence first, the rest while something is unexplained."""
    factors = case.options.vary
    suspects = find_suspects(
        case.a,
        case.b,
        factors=factors,
        unordered=bool(case.candidates),
        first=min(difference.seq for difference in case.differences),
        last=last_reached(case.differences),
    )
    weak = [suspect for suspect in suspects if suspect.weak]
    strong = [suspect for suspect in suspects if not suspect.weak]
    # Where workers carry a state from task to task, that is tried before what nothing speaks for.
    carried = any(event.source == "carried" for event in case.a.events)
    rest = () if carried else without_evidence(suspects, factors)
    reserve = 1 + bool(weak) + bool(rest)
    # A is replayed beside the first experiment.
    first = plan(strong, max(case.runs_left - reserve, 1)) or plan(weak, case.runs_left - 1)[:1]
    experiment(case, first)
    if (second := _second_hash(case)) is not None:
        experiment(case, (second,))
    untried = [suspect for suspect in weak if not any(suspect in each.suspects for each in case.results)]
    _while_unexplained(case, plan(untried, case.runs_left - bool(rest)))
    if rest and case.unexplained() and case.runs_left:
        _among_the_rest(case, rest)


def _while_unexplained(case: Case, experiments: Sequence[Experiment]) -> None:
    for at in range(0, len(experiments), 2):
        if not case.unexplained():
            return
        experiment(case, experiments[at : at + 2])


def _among_the_rest(case: Case, rest: Sequence[Suspect]) -> None:
    """Factors without evidence: by halves, the likelier ones first, as long as something is unexplained."""
    if not case.unexplained() or not case.runs_left:
        return
    likelier, others = tuple(rest[: max(1, len(rest) // 2)]), rest[max(1, len(rest) // 2) :]
    together = Experiment(suspects=likelier)
    experiment(case, [together])
    if len(likelier) > 1 and failing(case.results.get(together, ())) and case.runs_left:
        # What they bring about together is divided among them.
        del case.results[together], case.traces[together]
        _among_the_rest(case, likelier)
    if others:
        _among_the_rest(case, others)


def _second_hash(case: Case) -> Experiment | None:
    """One more experiment with the hash factor where the first one showed nothing.

    A few strings often keep their order under one other hash seed: B need not have shown what a third value shows.
    """
    tested = [found for made, found in case.results.items() if made.knobs == (HASH.knob,)]
    if case.runs_left and tested and not failing(tested[0]) and case.b.conditions.hash != case.third.hash:
        return Experiment(suspects=(HASH,), generation=2)
    return None


def _findings(case: Case, attribution: Attribution) -> list[Finding]:
    """What an experiment brought about, divided among its proposals by trying their remedies one after the other.

    A draw that was varied alone has nothing to be divided. Differences that no remedy takes away, or that was not
    tried, go to the likeliest proposal: to that of the nearest suspect, where several were varied together.
    """
    made = attribution.experiment
    scene = Scene(
        a=case.a,
        varied=case.traces[made],
        units=case.units,
        candidates=case.candidates,
        subject_path=case.subject_path,
    )
    if len(made.suspects) == 1 and not attribution.at and (divided := _by_site(case, attribution)):
        return [finding for part in divided for finding in _findings(case, part)]
    if len(made.suspects) == 1 and made.suspects[0] != HASH:
        (suspect,) = attribution.suspects
        return _of_one_place(case, attribution, proposals(suspect, attribution.differences, scene)[0])
    return _divided(case, attribution, scene)


def _divided(case: Case, attribution: Attribution, scene: Scene) -> list[Finding]:
    """Findings by trying, again and again, the likeliest proposal for what is left."""
    proof: Proof = "alone" if len(attribution.experiment.suspects) == 1 else "remedy"
    pending = failing(attribution.differences)
    applied: list[Edit] = []
    findings: list[Finding] = []
    seen: list[Proposal] = []
    useless: list[Proposal] = []
    while pending and len(seen) < MAX_TRIALS:
        untried = (each for each in _possible(attribution, pending, scene) if each.remedy.edits)
        proposal = next((each for each in untried if not _is_among(each, seen)), None)
        if proposal is None:
            break
        seen.append(proposal)
        best, left = _with_best_remedy(case, attribution, proposal, applied)
        kept = {difference.key for difference in left} if left is not None else set()
        gone = [difference for difference in pending if difference.key not in kept]
        if left is not None:
            useless.append(proposal)
        if left is None or not gone:
            continue
        applied += best.remedy.edits
        findings.append(_finding(case, attribution, best, gone, left=(), proof=proof))
        pending = tuple(difference for difference in pending if difference.key in kept)
    if not pending:
        return findings
    # A place in the code whose remedy changed nothing, or not this, is not where the order is made; a draw stays the
    # evidence it was.
    rest = [
        each for each in _possible(attribution, pending, scene) if each.suspect.events or not _is_among(each, useless)
    ]
    return findings + _leftovers(case, attribution, rest, pending)


def _possible(attribution: Attribution, pending: Sequence[Difference], scene: Scene) -> list[Proposal]:
    """The proposals of all suspects for what is left, as ranked by it and by the states on the way to it."""
    keys = {difference.key for difference in pending}
    first = pending[0].seq
    settled = [each.seq for each in failing(attribution.differences) if each.key not in keys and each.seq < first]
    since = max(settled, default=-1)
    about = [
        each
        for each in attribution.differences
        if each.key in keys or (each.key.aspect == "state" and each.seq > since)
    ]
    return [proposal for suspect in attribution.suspects for proposal in proposals(suspect, about, scene)]


def _is_among(proposal: Proposal, others: Sequence[Proposal]) -> bool:
    """Whether the same change at the same place is there, whatever it was proposed for."""
    same = (proposal.suspect.knob, proposal.location, proposal.remedy)
    return any(same == (other.suspect.knob, other.location, other.remedy) for other in others)


def _by_site(case: Case, attribution: Attribution) -> tuple[Attribution, ...]:
    """An attribution for each line that reads what the factor varies; empty where there are not several such lines."""
    (suspect,) = attribution.suspects
    sites = sites_of(suspect, attribution.differences)[:MAX_SITES]
    if len(sites) < 2:
        return ()
    return shared_out(attribution, at_each_site(case, attribution.experiment, sites))


def _of_one_place(case: Case, attribution: Attribution, proposal: Proposal) -> list[Finding]:
    """The finding for what was varied alone and stands at one line."""
    proposal, left = _with_best_remedy(case, attribution, proposal)
    if _is_refuted(proposal, attribution, left):
        case.null = (*case.null, *attribution.differences)
        return []
    stable = attribution.differences
    if left != ():
        stable = repeated(case, attribution.experiment, attribution.differences)
    return [_finding(case, attribution, proposal, stable, left=left, proof="alone")] if failing(stable) else []


def _with_best_remedy(
    case: Case, attribution: Attribution, proposal: Proposal, applied: Sequence[Edit] = ()
) -> tuple[Proposal, tuple[Difference, ...] | None]:
    """The proposal with the remedy that leaves least, and what it leaves; None where none could be tried.

    The next remedy is tried only where the one before did not run, or left something; a set that was sorted in vain is
    not sorted again by another key.
    """
    best: tuple[Proposal, tuple[Difference, ...] | None] = (proposal, None)
    for remedy in proposal.remedies:
        left = tried(case, attribution.experiment, (*applied, *remedy.edits)) if remedy.edits else None
        if left is not None and (best[1] is None or len(left) < len(best[1])):
            best = replace(proposal, remedies=(remedy,)), left
        if left == () or (left is not None and proposal.suspect == HASH):
            break
    return best


def _is_refuted(proposal: Proposal, attribution: Attribution, left: Sequence[Difference] | None) -> bool:
    """Whether a draw was seeded where it is drawn, and everything differs as before: then it was not the draw.

    An estimator is seeded where it is made, and the reader of the code may have taken another one for it. A factor that
    was varied alone is the cause, whatever one edit of one of its reads does.
    """
    sources = {event.source for event in proposal.suspect.events}
    if left is None or not sources or not sources <= DRAWS or "estimator" in sources:
        return False
    return len(left) >= len(failing(attribution.differences))


def _leftovers(
    case: Case, attribution: Attribution, possible: Sequence[Proposal], pending: Sequence[Difference]
) -> list[Finding]:
    """Findings for what no trial took away."""
    suspects = attribution.suspects
    if len(suspects) > 1 and not any(suspect.events for suspect in suspects):
        names = ", ".join(suspect.knob for suspect in suspects)
        return [_unexplained(case, pending, f"one of these factors changes it, which were varied together: {names}")]
    if len(suspects) == 1:
        pending = failing(repeated(case, attribution.experiment, pending))
    shares: dict[Suspect, list[Difference]] = {}
    for difference in pending:
        shares.setdefault(nearest(suspects, difference), []).append(difference)
    findings = []
    for suspect, share in shares.items():
        proposal = next((each for each in possible if each.suspect == suspect), None)
        if proposal is None:
            message = "somewhere a set has another order; reading the code did not tell where"
            proposal = Proposal(suspect=suspect, location=share[0].place, message=message, remedies=(Remedy(text=""),))
        proof: Proof = "alone" if len(suspects) == 1 else "nearest"
        findings.append(_finding(case, attribution, proposal, share, left=None, proof=proof))
    return findings


def _finding(
    case: Case,
    attribution: Attribution,
    proposal: Proposal,
    differences: Sequence[Difference],
    *,
    left: Sequence[Difference] | None,
    proof: Proof,
) -> Finding:
    knob = proposal.suspect.knob
    factor, varied = factor_of(knob), case.traces[attribution.experiment].conditions
    clocks = case.executor.clocks(case.a) if factor == "clock" else None
    severity = severity_of(factor, failing(differences), varied, clocks)
    message = with_proof(knob, proposal.message, proof)
    if factor in ("threads", "simd"):
        message += amplification(case.compared(case.a, case.traces[attribution.experiment]), case.a)
    evidence = Evidence(
        cause=proposal.suspect.cause,
        location=proposal.location,
        message=message,
        confirmed=proof != "nearest",
        remedy=_with_trial(proposal.remedy, left) if severity == "error" else only_shown(proposal.suspect.cause),
        severity=severity,
    )
    return conclude(evidence, differences, case.units)


def _with_trial(remedy: Remedy, left: Sequence[Difference] | None) -> str:
    if not remedy.edits:
        return remedy.text
    told = "not tried" if left is None else "tried: gone"
    if left:
        told = "tried: 1 difference stays" if len(left) == 1 else f"tried: {len(left)} differences stay"
    space = "\n" if "\n" in remedy.text else "  "
    return f"{remedy.text}{space}({told})"


def _with_followers(case: Case, findings: list[Finding]) -> list[Finding]:
    """The findings, and one more for what no factor controls or no experiment brought about.

    A difference that only B showed, after effects that experiments explained, follows from those (a rounded score
    that came out the same under one cause alone, or that takes two of them together): it needs no finding of its
    own.
    """
    if not case.may_run_again:
        return [_unexplained(case, failing(case.differences), unexplained_message("not run again"))]
    left = case.unexplained()
    result = [*findings, *carried_findings(case, () if findings else left), *kernel_findings(case)]
    result += address_findings(case, () if result else left)
    if uncontrolled := failing(counted(case.null)):
        drawn = worker_finding(case, uncontrolled) or query_finding(case, uncontrolled)
        known = [(finding.cause, finding.location) for finding in result]
        if drawn is None:
            result.append(_unexplained(case, uncontrolled, unexplained_message("replayed")))
        elif (drawn.cause, drawn.location) not in known:
            result.append(drawn)
    if left and not result:
        result.append(_unexplained(case, left, unexplained_message("not found")))
    return result


def _unexplained(case: Case, differences: Sequence[Difference], message: str) -> Finding:
    evidence = Evidence(cause="unexplained", location=differences[0].place, message=message, confirmed=False, remedy="")
    return conclude(evidence, differences, case.units)

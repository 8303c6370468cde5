"""What runs and findings come to."""

from __future__ import annotations

from collections.abc import Sequence

from pytest_reprocheck.case import Case
from pytest_reprocheck.compare.results import results_digest
from pytest_reprocheck.core.causes import cause, is_drift
from pytest_reprocheck.core.errors import ReprocheckError
from pytest_reprocheck.core.findings import Audit, Finding, Invocation, Verdict
from pytest_reprocheck.core.subjects import Subject
from pytest_reprocheck.core.trace import NotCompared, Outcome
from pytest_reprocheck.diagnose.allowing import allow, allowances_in, causes_tried
from pytest_reprocheck.diagnose.applied import factor_report
from pytest_reprocheck.diagnose.attribution import counted, failing
from pytest_reprocheck.diagnose.blocking import Blocked
from pytest_reprocheck.diagnose.flagging import flag
from pytest_reprocheck.environment.snapshot import snapshot
from pytest_reprocheck.twice import both_failed


def verdict_of(case: Case, findings: Sequence[Finding], blocker: Blocked | None) -> tuple[Verdict, str, str]:
    """Verdict, reason and detail; what differs when simply run again is nondeterministic also where it has no name."""
    if blocker is not None:
        return "blocked", str(blocker), case.a.outcome.detail
    if both_failed(case):
        return "failed", _told(case.a.outcome), case.a.outcome.detail
    errors = [finding for finding in findings if finding.severity == "error"]
    if not errors:
        return "reproducible", "", ""
    if all(is_drift(finding) for finding in errors):
        return "drifted", "", ""
    errors = [finding for finding in errors if not is_drift(finding)]
    explained = [cause(finding.cause) for finding in errors if finding.cause != "unexplained"]
    if not explained and not failing(counted(case.null)):
        return "inconclusive", errors[0].message, ""
    recurs = any(each.recurs for each in explained) or len(explained) < len(errors)
    verdict: Verdict = "nondeterministic" if recurs else "fragile"
    for trace, label in ((case.a, "A"), (case.b, "B")):
        if trace.outcome.status not in ("finished", "stopped"):
            return verdict, f"run {label} only: {_told(trace.outcome)}", trace.outcome.detail
    return verdict, "", ""


def _told(outcome: Outcome) -> str:
    where = f"{outcome.place}: " if outcome.place is not None else ""
    return f"{where}{outcome.message}"


def not_compared_in(case: Case) -> tuple[NotCompared, ...]:
    """What neither run nor their comparison could tell, each once and sorted."""
    unique = dict.fromkeys((*case.a.not_compared, *case.b.not_compared, *case.comparison.not_compared))
    return tuple(sorted(unique, key=lambda item: (item.what, item.reason)))


def concluded(
    case: Case,
    findings: Sequence[Finding],
    blocker: Blocked | None,
    *,
    subject: Subject,
    name: str | None = None,
    not_compared: Sequence[NotCompared] = (),
) -> Audit:
    """What a case comes to with its findings: acceptances, verdict, and which factors were applied.

    ``not_compared`` adds to what the case itself could not compare.
    """
    options = case.options
    factors = {factor: factor_report(factor, case.a, case.b) for factor in options.vary}
    applied = [each for each in factors if factors[each].status == "applied"]
    allowed = allow(
        findings,
        [*options.allow, *allowances_in(case.units)],
        [each for each in options.accepted if each.subject == (name or subject.name)],
        subject=subject.path,
        tried=() if blocker is not None or both_failed(case) else causes_tried(applied),
    )
    verdict, reason, detail = verdict_of(case, allowed.findings, blocker)
    result = Audit(
        path=name or subject.path,
        kind=subject.kind,
        parameters=subject.parameters,
        verdict=verdict,
        reason=reason,
        detail=detail,
        runs=case.runs,
        trials=case.trials,
        conditions={"A": case.a.conditions, "B": case.b.conditions},
        factors=factors,
        findings=allowed.findings,
        remarks=allowed.remarks,
        not_compared=tuple(sorted({*not_compared_in(case), *not_compared}, key=lambda item: (item.what, item.reason))),
        environment=snapshot(case.a),
        invocation=_invocation(subject),
        results=results_digest(case.a, case.b) if verdict == "reproducible" else "",
    )
    return flag([result], case.units, options.allow)[0]


def refused(subject: Subject, verdict: Verdict, error: ReprocheckError) -> Audit:
    """The audit of a subject that could not be run."""
    return Audit(
        path=subject.path,
        kind=subject.kind,
        parameters=subject.parameters,
        verdict=verdict,
        reason=str(error),
        invocation=_invocation(subject),
    )


def _invocation(subject: Subject) -> Invocation:
    return Invocation(
        args=subject.args,
        module=subject.module,
        env=dict(sorted(subject.env.items())),
        cwd=subject.cwd,
        python=subject.python,
    )

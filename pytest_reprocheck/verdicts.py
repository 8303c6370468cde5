"""What runs and findings come to."""

from __future__ import annotations

from collections.abc import Sequence

from pytest_reprocheck.case import Case
from pytest_reprocheck.core.causes import cause, is_drift
from pytest_reprocheck.core.findings import Finding, Verdict
from pytest_reprocheck.core.trace import NotCompared, Outcome
from pytest_reprocheck.diagnose.attribution import counted, failing
from pytest_reprocheck.diagnose.blocking import Blocked
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

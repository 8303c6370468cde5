"""The experiment beside the factors: A once more, on the tree that A left."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

from pytest_reprocheck.case import Case, replay
from pytest_reprocheck.core.findings import Finding
from pytest_reprocheck.diagnose.attribution import counted, failing
from pytest_reprocheck.diagnose.concluding import Evidence, conclude
from pytest_reprocheck.diagnose.leftovers import find_leftovers, is_longer_log, likeliest

_REMEDIES = {
    "input-mutated": "write to another file than the one that is read",
    "leftover-state": "make it anew in every run, or keep it in a temporary folder",
}


def leftover_findings(case: Case) -> tuple[Finding, ...]:
    """The finding for what another run on the same checkout would show; none where A left nothing that it looks at.

    A replayed tells what would differ in any case; it is made only if something differs.
    """
    if case.a.outcome.status != "finished" or not case.may_run_again or not case.separate:
        return ()
    known = {each for path in case.a.written for each in (path, *map(str, PurePosixPath(path).parents))}
    existing = frozenset(path for path in known if Path(case.root, path).exists())
    left = find_leftovers(case.a, existing)
    if not left or not case.runs_left:
        return ()
    traces = case.run([case.varied(())], after=case.a)
    if not traces:
        return ()
    (again,) = traces
    case.runs += 1
    differences = tuple(each for each in counted(case.compared(case.a, again)) if not is_longer_log(each))
    if failing(differences) and case.replayed is None:
        replay(case)
    differences = counted(differences, case.null)
    if not failing(differences):
        return ()
    guilty = likeliest(left, failing(differences))
    what = "changes" if guilty.existed else "leaves"
    evidence = Evidence(
        cause=guilty.cause,
        location=guilty.place or failing(differences)[0].place,
        message=f"another run on the same tree differs: the first one {what} {guilty.path}, which it looks at before",
        confirmed=True,
        remedy=_REMEDIES[guilty.cause],
    )
    return (conclude(evidence, differences, case.units),)

"""The outputs that a notebook was saved with, against those of a run: told apart from what differs between runs."""

from __future__ import annotations

import shlex

from pytest_reprocheck.case import Case
from pytest_reprocheck.core.findings import Finding
from pytest_reprocheck.core.trace import Place, Trace
from pytest_reprocheck.diagnose.attribution import counted, failing
from pytest_reprocheck.diagnose.concluding import Evidence, conclude


def stale_findings(case: Case, stored: Trace | None) -> tuple[Finding, ...]:
    """One warning for a notebook whose stored outputs are others than those that its runs agree on.

    What differs between the runs too is no matter of the stored outputs.
    """
    if stored is None or case.a.outcome.status != "finished":
        return ()
    stale = failing(counted(case.compared(stored, case.a), (*case.differences, *case.null)))
    if not stale:
        return ()
    cells = sorted({each.place.cell for each in stale if each.place.cell is not None})
    first = min(stale, key=lambda each: each.seq).place
    which = f"cell {cells[0]}" if len(cells) == 1 else f"{len(cells)} cells"
    evidence = Evidence(
        cause="stale-output",
        location=Place(path=first.path, cell=first.cell),
        message=f"what is stored for {which} (A below) is not what the code gives now (B), in all runs alike",
        confirmed=True,
        remedy=f"jupyter nbconvert --to notebook --execute --inplace {shlex.quote(case.subject_path)}",
        severity="warning",
    )
    return (conclude(evidence, stale, case.units),)

"""A notebook that fails from top to bottom because a cell reads what the user's kernel had from elsewhere."""

from __future__ import annotations

from pytest_reprocheck.case import Case
from pytest_reprocheck.core.findings import Finding
from pytest_reprocheck.diagnose.concluding import Evidence, conclude
from pytest_reprocheck.diagnose.hidden import Hidden, find_hidden


def hidden_findings(case: Case) -> tuple[Finding, ...]:
    """One finding at the line that reads a name before any cell makes it; none for other failures.

    It is confirmed where the cell that failed gets to its end once the cell that makes the name has run before it.
    """
    hidden = find_hidden(case.a, case.units)
    if hidden is None:
        return ()
    if hidden.defining is None:
        message, remedy, confirmed = (
            f"no cell makes {hidden.name}: it was left in the kernel by a cell that was deleted or changed",
            f"add the cell that makes {hidden.name} before cell[{hidden.running.cell}]",
            False,
        )
    else:
        confirmed = _runs_after(case, hidden)
        message = f"{hidden.name} is read here and made later, in cell[{hidden.defining.cell}]"
        tried = "  (tried: the cell runs)" if confirmed else ""
        remedy = f"move cell[{hidden.defining.cell}] before cell[{hidden.running.cell}]{tried}"
    evidence = Evidence(
        cause="hidden-state", location=hidden.place, message=message, confirmed=confirmed, remedy=remedy
    )
    return (conclude(evidence, (), case.units),)


def _runs_after(case: Case, hidden: Hidden) -> bool:
    """Whether the cell that failed comes to its end when the defining one is run first, in one cell with it."""
    if hidden.defining is None or not case.options.try_remedies or not case.may_run_again:
        return False
    cell = hidden.running
    traces = case.run([case.a.conditions], {(cell.path, cell.cell): f"{hidden.defining.text}\n{cell.text}"})
    case.trials += len(traces)
    return any(
        trace.outcome.status == "finished" or (trace.steps and trace.steps[-1].place.cell != cell.cell)
        for trace in traces
    )

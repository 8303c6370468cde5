"""What differs although the conditions are the same: whether addresses in memory are behind it."""

from __future__ import annotations

from dataclasses import replace

from pytest_reprocheck.case import Case
from pytest_reprocheck.core.findings import Finding
from pytest_reprocheck.diagnose.attribution import counted, failing
from pytest_reprocheck.diagnose.concluding import Evidence, conclude, read_message
from pytest_reprocheck.diagnose.experiments import Suspect
from pytest_reprocheck.diagnose.location import locate_event


def address_findings(case: Case) -> list[Finding]:
    """The finding for what goes away when ``id()`` gives numbers in the order of asking; none without such a call.

    Two runs are made, both with A's conditions but for that. What they have alike and A and A replayed had not is the
    doing of addresses, and is no longer among what nothing controls.
    """
    uncontrolled = failing(counted(case.null))
    events = tuple(event for event in case.a.events if event.source == "address")
    if not uncontrolled or not events or case.runs_left < 2:
        return []
    pinned = replace(case.varied(()), pinned=True)
    traces = case.run([pinned, pinned])
    if not traces:
        return []
    first, second = traces
    case.runs += 2
    still = {difference.key for difference in failing(counted(case.compared(first, second)))}
    gone = tuple(difference for difference in uncontrolled if difference.key not in still)
    if not gone:
        return []
    keys = {difference.key for difference in gone}
    case.null = tuple(difference for difference in case.null if difference.key not in keys)
    event = locate_event(Suspect(knob="address", cause="memory-address", events=events), gone)
    location = event.stack[0].place if event.stack else gone[0].place
    evidence = Evidence(
        cause="memory-address",
        location=location,
        message=f"with numbers in place of addresses it is the same in two runs: {read_message(event)}",
        confirmed=True,
        remedy="compare or sort by something that the objects contain, as a name or a number",
    )
    return [conclude(evidence, gone, case.units)]

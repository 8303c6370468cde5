"""What differs although the conditions are the same: addresses in memory, or draws in workers, may be behind it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from pytest_reprocheck.case import Case
from pytest_reprocheck.core.causes import CAUSE_OF_SOURCE
from pytest_reprocheck.core.findings import Difference, Finding
from pytest_reprocheck.core.trace import DRAWS
from pytest_reprocheck.diagnose.attribution import counted, failing
from pytest_reprocheck.diagnose.concluding import Evidence, conclude, draw_message, read_message
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


def worker_finding(case: Case, uncontrolled: Sequence[Difference]) -> Finding | None:
    """The finding for unseeded draws in several threads or processes, whose share of the tasks is up to chance.

    The first line at which they drew: evidence, but no proof. None where no such draw was seen.
    """
    events = [event for event in case.a.events if event.source in DRAWS and event.stack]
    processes = Counter((event.source, event.stack) for event in events if event.process)
    shared = [event for event in events if event.thread != "MainThread" or processes[event.source, event.stack] > 1]
    if not shared:
        return None
    event = shared[0]
    where = "worker processes" if event.process else "threads"
    evidence = Evidence(
        cause=CAUSE_OF_SOURCE[event.source],
        location=event.stack[0].place,
        message=f"{draw_message(event)}, in several {where}: which of them draws when is up to chance",
        confirmed=False,
        remedy="give each task a seed of its own: np.random.SeedSequence(0).spawn(number of tasks)",
    )
    return conclude(evidence, uncontrolled, case.units)

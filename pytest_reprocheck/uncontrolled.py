"""What differs although the conditions are the same: addresses in memory, or draws in workers, may be behind it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from pytest_reprocheck.case import Case
from pytest_reprocheck.core.causes import CAUSE_OF_SOURCE
from pytest_reprocheck.core.findings import Difference, Finding, Sameness
from pytest_reprocheck.core.sources import Edit, apply_edits
from pytest_reprocheck.core.trace import DRAWS, Event, Place
from pytest_reprocheck.diagnose.amplifying import amplification
from pytest_reprocheck.diagnose.attribution import counted, failing
from pytest_reprocheck.diagnose.concluding import Evidence, conclude, draw_message, read_message
from pytest_reprocheck.diagnose.engines import drawing_queries
from pytest_reprocheck.diagnose.experiments import Suspect
from pytest_reprocheck.diagnose.location import locate_event, rank_candidates
from pytest_reprocheck.diagnose.remedies import FOR_TASKS, deterministic_kernels
from pytest_reprocheck.diagnose.unordered import Candidate
from pytest_reprocheck.diagnose.wording import described

_BY_CONTENT = ("key=lambda each: repr(vars(each))", "key=lambda each: each.__qualname__")
"""What objects, and classes or functions, can be sorted by when they cannot be compared."""
_SAME_DECISIONS = frozenset({Sameness.TOLERANCE, Sameness.DECISIONS})
_MOST_SETS = 3
"""Places that are tried for a set of objects."""


def address_findings(case: Case, left: Sequence[Difference] = ()) -> list[Finding]:
    """The finding for what goes away when addresses are the same in all runs; none where nothing speaks for them.

    Two runs are made, with A's conditions (or with A's and B's, where A and A replayed came out alike and differences
    between A and B are ``left``), but for that: ``id()`` gives numbers in the order of asking, and the
    system does not choose addresses anew. What they have alike and A and A replayed had not is the doing of addresses,
    and is no longer among what nothing controls. A kernel's threads give its objects other addresses all the same:
    there a set of objects is shown by sorting it.
    """
    uncontrolled = failing(counted(case.null)) or tuple(left)
    events = tuple(event for event in case.a.events if event.source == "address")
    if not uncontrolled or not (events or case.candidates):
        return []
    about = counted(case.null) or case.differences
    gone = _gone_when_pinned(case, uncontrolled) if events or not _is_notebook(case) else ()
    if not gone and not events:
        return _by_sorting(case, about, uncontrolled)
    if not gone:
        return []
    _take(case, gone)
    ranked = rank_candidates(case.candidates, about, case.a)
    if ranked and not events:
        return [_of_set(case, ranked[0], gone, "with the same addresses it is the same in two runs", _SORT)]
    event = locate_event(Suspect(knob="address", cause="memory-address", events=events), gone) if events else None
    read = "something reads addresses" if event is None else read_message(event)
    evidence = Evidence(
        cause="memory-address",
        location=event.stack[0].place if event is not None and event.stack else gone[0].place,
        message=f"with numbers in place of addresses it is the same in two runs: {read}",
        confirmed=True,
        remedy="compare or sort by something that the objects contain, as a name or a number",
    )
    return [conclude(evidence, gone, case.units)]


_SORT = "keep the objects in a list or a dict, or sort them by what they contain: sorted(..., key=lambda each: ...)"


def _is_notebook(case: Case) -> bool:
    return any(step.place.cell is not None for step in case.a.steps)


def _take(case: Case, gone: Sequence[Difference]) -> None:
    """These differences are explained, and no longer among what nothing controls."""
    keys = {difference.key for difference in gone}
    case.null = tuple(difference for difference in case.null if difference.key not in keys)


def _gone_when_pinned(case: Case, uncontrolled: Sequence[Difference]) -> tuple[Difference, ...]:
    other = case.varied(()) if failing(counted(case.null)) else case.b.conditions
    pinned = [replace(each, pinned=True) for each in (case.varied(()), other)]
    traces = case.run(pinned) if case.runs_left >= 2 else []
    if not traces:
        return ()
    case.runs += 2
    first, second = traces
    still = {difference.key for difference in failing(counted(case.compared(first, second)))}
    return tuple(difference for difference in uncontrolled if difference.key not in still)


def _by_sorting(case: Case, about: Sequence[Difference], uncontrolled: Sequence[Difference]) -> list[Finding]:
    """The finding for a set of objects that, once sorted by what they contain, leaves two runs alike."""
    if not case.options.try_remedies:
        return []
    for candidate in rank_candidates(case.candidates, about, case.a)[:_MOST_SETS]:
        for key in _BY_CONTENT:
            edits = [replace(edit, text=edit.text.replace("key=repr", key)) for edit in candidate.remedies[-1:]]
            gone = _gone_with(case, edits, uncontrolled) if edits else ()
            if gone:
                _take(case, gone)
                told = described(edits, case.units, at=candidate.place).text
                return [_of_set(case, candidate, gone, "sorted, it is the same in two runs", f"{told}  (tried: gone)")]
    return []


def _gone_with(case: Case, edits: Sequence[Edit], uncontrolled: Sequence[Difference]) -> tuple[Difference, ...]:
    traces = case.run([case.varied(()), case.varied(())], apply_edits(case.units, edits)) if case.runs_left else []
    case.trials += len(traces)
    if not traces or any(trace.outcome.status != "finished" for trace in traces):
        return ()
    still = {difference.key for difference in failing(counted(case.compared(traces[0], traces[1])))}
    return tuple(difference for difference in uncontrolled if difference.key not in still)


def _of_set(case: Case, candidate: Candidate, gone: Sequence[Difference], shown: str, remedy: str) -> Finding:
    evidence = Evidence(
        cause="memory-address",
        location=candidate.place,
        message=f"{shown}: a set of objects is in the order of their addresses",
        confirmed=True,
        remedy=remedy,
    )
    return conclude(evidence, gone, case.units)


def carried_findings(case: Case, left: Sequence[Difference] = ()) -> list[Finding]:
    """The finding for generators that were seeded, and that workers carry from task to task; none without such a draw.

    Which worker gets which task is up to chance. Where each task finds the state that its worker began with, two runs
    are alike in what is the doing of it: that which differs when A is replayed, or else what is ``left`` unexplained.
    """
    uncontrolled = failing(counted(case.null)) or tuple(left)
    carried = [event for event in case.a.events if event.source == "carried" and event.stack]
    gone = _gone_when_pinned(case, uncontrolled) if uncontrolled and carried else ()
    if not gone:
        return []
    _take(case, gone)
    event = carried[0]
    evidence = Evidence(
        cause=CAUSE_OF_SOURCE["numpy" if event.stream == "numpy" else "random"],
        location=event.stack[0].place,
        message=(
            f"{event.what} draws from a state that each worker carries from task to task, and which of them gets which "
            "task is up to chance; where each task begins with the same state it is the same in two runs"
        ),
        confirmed=True,
        remedy=FOR_TASKS[event.stream],
    )
    return [conclude(evidence, gone, case.units)]


def kernel_findings(case: Case) -> list[Finding]:
    """The findings for what a GPU adds in an order of its own: gone with deterministic kernels, or named as without.

    Two runs are made with A's conditions but for the kernels. Differences that leave all decisions as they are, are
    warnings.
    """
    uncontrolled = failing(counted(case.null))
    if not uncontrolled or "device" not in case.a.facts or case.runs_left < 2:
        return []
    traces = case.run([replace(case.varied(()), deterministic=True)] * 2)
    case.runs += len(traces)
    if not traces or any(trace.outcome.status != case.a.outcome.status for trace in traces):
        return []
    still = {difference.key for difference in counted(case.compared(*traces))}
    gone = [difference for difference in counted(case.null) if difference.key not in still]
    left = [difference for difference in counted(case.null) if difference.key in still]
    named = [event for event in traces[0].events if event.source == "kernel" and event.stack]
    findings = []
    if failing(gone):
        shown = "with deterministic kernels it is the same in two runs: on a GPU threads add in the order they come in"
        message = shown + amplification(case.null, case.a)
        place = min(gone, key=lambda each: each.seq).place
        findings.append(_of_kernels(case, gone, place, message, deterministic_kernels(case.a), confirmed=True))
        _take(case, gone)
    if failing(left) and named:
        message = f"{named[0].what} adds in the order its threads come in, and has no deterministic form"
        remedy = f"use another operation than {named[0].what}, or compute this step on the CPU"
        findings.append(_of_kernels(case, left, named[0].stack[0].place, message, remedy, confirmed=False))
        _take(case, left)
    return findings


def _of_kernels(
    case: Case, differences: Sequence[Difference], place: Place, message: str, remedy: str, *, confirmed: bool
) -> Finding:
    keeps = all(difference.sameness in _SAME_DECISIONS for difference in failing(differences))
    evidence = Evidence(
        cause="gpu-kernel",
        location=place,
        message=message,
        confirmed=confirmed,
        remedy=remedy,
        severity="warning" if keeps else "error",
    )
    return conclude(evidence, differences, case.units)


def worker_finding(case: Case, uncontrolled: Sequence[Difference]) -> Finding | None:
    """The finding for unseeded draws in several threads or processes, whose share of the tasks is up to chance.

    The first line at which they drew: evidence, but no proof. None where no such draw was seen.
    """
    shared: list[Event] = []
    for trace in filter(None, (case.a, case.b, case.replayed)):
        # In one run a single worker may have done everything.
        events = [event for event in trace.events if event.source in DRAWS and event.stack]
        processes = Counter((event.source, event.stack) for event in events if event.process)
        shared += [
            event for event in events if event.thread != "MainThread" or processes[event.source, event.stack] > 1
        ]
    if not shared:
        return None
    event = shared[0]
    where = "worker processes" if event.process else "threads"
    evidence = Evidence(
        cause=CAUSE_OF_SOURCE[event.source],
        location=event.stack[0].place,
        message=f"{draw_message(event)}, in several {where}: which of them draws when is up to chance",
        confirmed=False,
        remedy=FOR_TASKS.get(event.source, FOR_TASKS["numpy"]),
    )
    return conclude(evidence, uncontrolled, case.units)


def query_finding(case: Case, uncontrolled: Sequence[Difference]) -> Finding | None:
    """The finding for a query whose engine draws by itself: evidence by its text, but no proof; None without one."""
    ranked = rank_candidates(drawing_queries(case.units), uncontrolled, case.a)
    if not ranked:
        return None
    evidence = Evidence(
        cause="os-entropy",
        location=ranked[0].place,
        message="the query has its engine draw, from a generator that the system's entropy starts",
        confirmed=False,
        remedy="draw in Python from a seeded generator, or have the engine repeat it: setseed(), REPEATABLE (0)",
    )
    return conclude(evidence, uncontrolled, case.units)

"""The use case: audit a subject."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from nbformat import NotebookNode

from pytest_reprocheck.case import Case
from pytest_reprocheck.committed import NOTHING_KEPT, Drifted, Keeping, Update, read_record
from pytest_reprocheck.compare.alignment import compare_traces
from pytest_reprocheck.config import Options
from pytest_reprocheck.core.errors import BlockedError, ConfigError, ReprocheckError
from pytest_reprocheck.core.executions import SavedCell
from pytest_reprocheck.core.findings import Audit, Finding, Verdict
from pytest_reprocheck.core.subjects import Subject, SubjectKind, find_root
from pytest_reprocheck.diagnose.attribution import counted, failing
from pytest_reprocheck.diagnose.blocking import Blocked, Project, find_blocker, find_refused
from pytest_reprocheck.execution.engine import FRESH, Engine
from pytest_reprocheck.execution.function import FunctionRunner
from pytest_reprocheck.execution.limits import Limits
from pytest_reprocheck.execution.machine import Machine, probe_machine
from pytest_reprocheck.execution.reading import cells_in
from pytest_reprocheck.execution.running import CellProgress, Runner, runner
from pytest_reprocheck.execution.scheduling import Room, Used
from pytest_reprocheck.execution.workspace import Workspace, project_files
from pytest_reprocheck.hidden import hidden_findings
from pytest_reprocheck.leaving import leftover_findings
from pytest_reprocheck.stored import stale_findings
from pytest_reprocheck.twice import AnyRunner, Progress, Session, both_failed, compare_twice
from pytest_reprocheck.verdicts import concluded, refused

__all__ = [
    "CellProgress",
    "Machine",
    "Progress",
    "Session",
    "audit",
    "audit_function",
    "replay",
    "saved_cells",
    "subject_at",
    "this_machine",
]

_NOT_CONFIRMED = "forked runs differed and runs that were started anew did not: the report is of the latter"


def this_machine() -> Machine:
    """What this machine can keep runs from; found out once, it serves any number of audits."""
    return probe_machine()


def audit(
    subject: Subject | str | Path,
    options: Options | None = None,
    *,
    notebook: NotebookNode | None = None,
    progress: Progress | None = None,
    machine: Callable[[], Machine] = this_machine,
    session: Session | None = None,
    expected_memory: int = 0,
    engine: Engine = FRESH,
    on_cell: CellProgress | None = None,
    update: Update | None = None,
) -> Audit:
    """Run a notebook or script twice under varied conditions, compare, and explain what differs.

    ``subject`` may be a path; its project is then the nearest folder above with a ``pyproject.toml`` or the like,
    else its own folder. ``machine`` tells what the machine can do: asked when the subject has been read, it may take
    a while. ``session`` is for all audits that one process makes one after the other; ``expected_memory`` is what an
    earlier audit said that a run takes (``Audit.memory``), 0 where there is none. A subject that cannot be read or run
    is a verdict (``failed``, ``blocked``), not an exception; raises ConfigError for impossible options.
    ``notebook`` is run instead of what the subject's file holds. What differs from the subject's committed record is
    found too, unless ``update`` is there to be given another one. ``engine`` says how runs are started
    (``starting.forking``); what forked runs show is shown by runs that are started anew, or is not reported.
    ``on_cell`` is told of each notebook cell that begins in a run.
    """
    started, asked = time.monotonic(), checked(options or Options())
    chosen = subject if isinstance(subject, Subject) else subject_at(Path(subject))
    try:
        keeping = Keeping(recorded=None if update else read_record(chosen), update=update)
        common = session or Session()
        with runner(
            chosen,
            notebook=notebook,
            limits=replace(limits_of(asked), tells_rows=keeping != NOTHING_KEPT),
            workspace=lambda: Workspace(mode=asked.workspace, machine=machine(), known=common.known),
            room=Room(cores=common.cores, memory=asked.memory, workers=common.workers),
            expected=Used(memory=expected_memory),
            engine=FRESH if asked.fresh else engine,
            on_cell=on_cell,
        ) as executor:
            # In place there is one tree, and it is the user's: nothing in it is edited.
            asked = replace(asked, try_remedies=asked.try_remedies and executor.ready.mode != "in-place")
            result = audited(chosen, asked, executor, progress or (lambda _text: None), common, keeping=keeping)
            notes = (*executor.ready.notes, *result.notes)
            result = replace(result, workspace=executor.ready.mode, notes=notes, memory=executor.used.memory)
    except BlockedError as error:
        result = refused(chosen, "blocked", error)
    except ReprocheckError as error:
        result = refused(chosen, "failed", error)
    return replace(result, seconds=time.monotonic() - started)


def audit_function(
    function: Callable[..., Any],
    args: tuple[Any, ...],
    kwargs: Mapping[str, Any],
    *,
    name: str,
    root: Path,
    path: str,
    options: Options | None = None,
) -> Audit:
    """Call a function twice in this process and compare what it returns, fits and predicts.

    Only the conditions that a process can change are varied: seeds, not the hash seed, which is fixed at its start.
    The arguments are copied for each call, so that a function that changes them is not taken for a nondeterministic
    one. ``name`` tells the function in reports; ``path``, relative to ``root``, is the file it is tested from.
    """
    asked = replace(checked(options or Options()), vary=("seed",), try_remedies=False)
    subject = Subject(root=root, path=path, kind="function")
    started = time.monotonic()
    with FunctionRunner.open(function, args, kwargs, root=root, path=path, allow_writes=asked.allow_writes) as executor:
        result = audited(subject, asked, executor, lambda _text: None, Session(), name=f"{path}::{name}")
    return replace(result, seconds=time.monotonic() - started)


def replay(stored: Audit, root: Path, options: Options | None = None) -> Audit:
    """Run a stored audit's subject again under its recorded conditions A and B, and compare; nothing is explained anew.

    The result carries the stored findings whose effects came again, and ``reason`` says how many did not.
    """
    asked = checked(options or Options())
    if stored.kind == "function" or not {"A", "B"} <= set(stored.conditions):
        raise ConfigError(
            "this audit cannot be replayed",
            where=stored.name,
            hint="Only notebooks and scripts that were run have recorded conditions",
        )
    subject = _subject_of(stored, root)
    started = time.monotonic()
    try:
        workspace = partial(Workspace, mode=asked.workspace, machine=this_machine())
        with runner(subject, limits=limits_of(asked), workspace=workspace) as executor:
            a, b = executor.run([stored.conditions["A"], stored.conditions["B"]])
            comparison = compare_traces(a, b, tolerance=asked.tolerance, rules=asked.normalise)
    except ReprocheckError as error:
        return refused(subject, "failed", error)
    found = {(item.key.aspect, item.key.what) for item in failing(counted(comparison.differences))}
    again = tuple(
        finding
        for finding in stored.findings
        if any((effect.aspect, effect.what) in found for effect in finding.effects)
    )
    missing = len(stored.findings) - len(again)
    verdict: Verdict = stored.verdict if again else "inconclusive" if found else "reproducible"
    return replace(
        stored,
        verdict=verdict,
        reason=f"{missing} of {len(stored.findings)} findings did not come again" if missing else "",
        findings=again,
        runs=2,
        trials=0,
        seconds=time.monotonic() - started,
    )


def subject_at(path: Path) -> Subject:
    """The subject for a path, with no options of its own."""
    file = path.resolve()
    root = find_root(file.parent)
    kind: SubjectKind = "notebook" if file.suffix == ".ipynb" else "script"
    return Subject(root=root, path=file.relative_to(root).as_posix(), kind=kind)


def saved_cells(subject: Subject) -> tuple[SavedCell, ...]:
    """The code cells of a notebook's file; none where it cannot be read."""
    try:
        return cells_in(subject)
    except ReprocheckError:
        return ()


def audited(
    subject: Subject,
    options: Options,
    executor: AnyRunner,
    progress: Progress,
    session: Session,
    *,
    name: str | None = None,
    keeping: Keeping = NOTHING_KEPT,
) -> Audit:
    """What runs of ``executor`` show of a subject, and why; ``name`` tells it in reports."""
    compare = partial(compare_twice, subject, options, executor, progress, session)
    trusted = isinstance(executor, Runner) and executor.engine.trusted
    case, left, notes = (compare(), None, ()) if trusted else _compared(compare, progress)
    blocker = _blocker(subject, case, executor)
    findings = _findings(case, executor, progress, left) if blocker is None else ()
    drift = _drift(case, subject, keeping) if blocker is None else Drifted()
    found = (*findings, *drift.findings)
    result = concluded(case, found, blocker, subject=subject, name=name, not_compared=drift.not_compared)
    return replace(result, notes=notes)


def _compared(
    compare: Callable[..., Case], progress: Progress
) -> tuple[Case, tuple[Finding, ...] | None, tuple[str, ...]]:
    """The first runs, started anew where forked ones show anything; what is known of leftovers; what to note."""
    case = compare()
    if not _was_forked(case):
        return case, None, ()
    left = () if _is_suspicious(case) else leftover_findings(case)
    if not left and not _is_suspicious(case):
        return case, left, ()
    progress("A and B, started anew")
    again = compare(fresh=True)
    again.trials += case.runs + case.trials
    return again, None, () if _is_suspicious(again) else (_NOT_CONFIRMED,)


def _findings(
    case: Case, executor: AnyRunner, progress: Progress, left: tuple[Finding, ...] | None
) -> tuple[Finding, ...]:
    """What explains the differences, and what is found beside them; ``left`` is what is known of leftovers."""
    if both_failed(case):
        return hidden_findings(case) if isinstance(executor, Runner) else ()
    findings: tuple[Finding, ...] = ()
    if failing(case.differences):
        from pytest_reprocheck.explaining import explain

        progress("explaining")
        findings = explain(case)
    findings += leftover_findings(case) if left is None else left
    stored = executor.stored(case.a) if isinstance(executor, Runner) else None
    return findings + stale_findings(case, stored)


def _drift(case: Case, subject: Subject, keeping: Keeping) -> Drifted:
    if keeping == NOTHING_KEPT:
        return Drifted()
    from pytest_reprocheck.recording import drift_of

    return drift_of(case, subject, keeping)


def _was_forked(case: Case) -> bool:
    return any(trace.facts.get("start") == "forked" for trace in (case.a, case.b))


def _is_suspicious(case: Case) -> bool:
    """Whether the first runs show anything but that they are alike."""
    return bool(failing(case.differences)) or case.a.outcome.status != "finished" or case.b.outcome.status != "finished"


def limits_of(options: Options) -> Limits:
    """What the options let one run take."""
    return Limits(
        run=options.timeout,
        cell=options.cell_timeout,
        start=options.start_timeout,
        memory=options.memory,
        writes=options.allow_writes,
        fenced=options.fenced,
    )


def checked(options: Options) -> Options:
    """The options; raises ConfigError for impossible ones."""
    if options.max_runs < 2:
        raise ConfigError(f"expected at least 2, got {options.max_runs}", where="max-runs", hint="A and B are two runs")
    return options


def _blocker(subject: Subject, case: Case, executor: AnyRunner) -> Blocked | None:
    """What kept the runs from being made; what a test's function raises by itself is the test's failure, never that."""
    if isinstance(executor, FunctionRunner) or not both_failed(case):
        return find_refused(case.a, case.b)
    project = Project(root=str(subject.root), files=project_files(executor.ready))
    return find_blocker(case.a, case.b, project)


def _subject_of(stored: Audit, root: Path) -> Subject:
    call = stored.invocation
    return Subject(
        root=root,
        path=stored.path,
        kind=stored.kind,
        parameters=stored.parameters,
        args=call.args,
        module=call.module,
        env=call.env,
        cwd=call.cwd,
        python=call.python,
    )

"""The use case: audit a subject."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from pytest_reprocheck.case import Case
from pytest_reprocheck.compare.alignment import compare_traces
from pytest_reprocheck.config import Options
from pytest_reprocheck.core.causes import cause
from pytest_reprocheck.core.conditions import Conditions, Surroundings, baseline, restricted, varied
from pytest_reprocheck.core.errors import BlockedError, ConfigError, ReprocheckError
from pytest_reprocheck.core.findings import Audit, Finding, Invocation, Verdict
from pytest_reprocheck.core.subjects import Subject, SubjectKind, find_root
from pytest_reprocheck.core.trace import DRAWS, NotCompared, Outcome, Trace
from pytest_reprocheck.diagnose.allowing import allow, allowances_in, causes_tried
from pytest_reprocheck.diagnose.applied import factor_report
from pytest_reprocheck.diagnose.attribution import counted, failing
from pytest_reprocheck.diagnose.blocking import Blocked, Project, find_blocker, find_refused
from pytest_reprocheck.diagnose.names import observed_shapes
from pytest_reprocheck.diagnose.strings import small_groups
from pytest_reprocheck.diagnose.unordered import depends_on_hash, find_unordered
from pytest_reprocheck.environment.snapshot import snapshot
from pytest_reprocheck.environment.surroundings import Told, surroundings
from pytest_reprocheck.execution.function import FunctionRunner
from pytest_reprocheck.execution.hashing import telling_hash
from pytest_reprocheck.execution.limits import Limits
from pytest_reprocheck.execution.machine import Machine, probe_machine
from pytest_reprocheck.execution.running import Runner, runner
from pytest_reprocheck.execution.scheduling import Room, Used, usable_cores
from pytest_reprocheck.execution.workspace import Known, Workspace, project_files
from pytest_reprocheck.explaining import explain
from pytest_reprocheck.leaving import leftover_findings
from pytest_reprocheck.stopping import up_to_first_difference
from pytest_reprocheck.stored import stale_findings

__all__ = ["Machine", "Progress", "Session", "audit", "audit_function", "replay", "subject_at", "this_machine"]

Progress = Callable[[str], None]
"""Told what is being done, in a few words."""


@dataclass(kw_only=True, slots=True)
class Session:
    """What the audits of one session have in common: found out by the first that needs it, and kept for the next."""

    workers: int = 1
    """Processes that audit at the same time; each has its share of cores and memory."""
    cores: int = field(default_factory=usable_cores)
    known: Known = field(default_factory=Known)
    told: Told = field(default_factory=Told)


def this_machine() -> Machine:
    """What this machine can keep runs from; found out once, it serves any number of audits."""
    return probe_machine()


def audit(
    subject: Subject | str | Path,
    options: Options | None = None,
    *,
    progress: Progress | None = None,
    machine: Machine | None = None,
    session: Session | None = None,
    expected_memory: int = 0,
) -> Audit:
    """Run a notebook or script twice under varied conditions, compare, and explain what differs.

    ``subject`` may be a path; its project is then the nearest folder above with a ``pyproject.toml`` or the like,
    else its own folder. ``session`` is for all audits that one process makes one after the other; ``expected_memory``
    is what an earlier audit said that a run takes (``Audit.memory``), 0 where there is none. A subject that cannot be
    read or run is a verdict (``failed``, ``blocked``), not an exception; raises ConfigError for impossible options.
    """
    chosen = subject if isinstance(subject, Subject) else subject_at(Path(subject))
    asked = _checked(options or Options())
    started = time.monotonic()
    try:
        common = session or Session()
        workspace = Workspace(mode=asked.workspace, machine=machine or this_machine(), known=common.known)
        room = Room(cores=common.cores, memory=asked.memory, workers=common.workers)
        expected = Used(memory=expected_memory)
        with runner(chosen, limits=_limits(asked), workspace=workspace, room=room, expected=expected) as executor:
            # In place there is one tree, and it is the user's: nothing in it is edited.
            asked = replace(asked, try_remedies=asked.try_remedies and executor.ready.mode != "in-place")
            result = _audit(chosen, asked, executor, progress or (lambda _text: None), common)
            result = replace(
                result, workspace=executor.ready.mode, notes=executor.ready.notes, memory=executor.used.memory
            )
    except BlockedError as error:
        result = _refused(chosen, "blocked", error)
    except ReprocheckError as error:
        result = _refused(chosen, "failed", error)
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
    asked = replace(_checked(options or Options()), vary=("seed",), try_remedies=False)
    subject = Subject(root=root, path=path, kind="function")
    started = time.monotonic()
    with FunctionRunner.open(function, args, kwargs, root=root, path=path, allow_writes=asked.allow_writes) as executor:
        result = _audit(subject, asked, executor, lambda _text: None, Session(), name=f"{path}::{name}")
    return replace(result, seconds=time.monotonic() - started)


def replay(stored: Audit, root: Path, options: Options | None = None) -> Audit:
    """Run a stored audit's subject again under its recorded conditions A and B, and compare; nothing is explained anew.

    The result carries the stored findings whose effects came again, and ``reason`` says how many did not.
    """
    asked = _checked(options or Options())
    if stored.kind == "function" or not {"A", "B"} <= set(stored.conditions):
        raise ConfigError(
            "this audit cannot be replayed",
            where=stored.name,
            hint="Only notebooks and scripts that were run have recorded conditions",
        )
    subject = _subject_of(stored, root)
    started = time.monotonic()
    try:
        workspace = Workspace(mode=asked.workspace, machine=this_machine())
        with runner(subject, limits=_limits(asked), workspace=workspace) as executor:
            a, b = executor.run([stored.conditions["A"], stored.conditions["B"]])
            comparison = compare_traces(a, b, tolerance=asked.tolerance, rules=asked.normalise)
    except ReprocheckError as error:
        return _refused(subject, "failed", error)
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


def _audit(
    subject: Subject,
    options: Options,
    executor: Runner | FunctionRunner,
    progress: Progress,
    session: Session,
    *,
    name: str | None = None,
) -> Audit:
    case = _compare_twice(subject, options, executor, progress, session)
    blocker = _blocker(subject, case, executor)
    findings: tuple[Finding, ...] = ()
    if blocker is None and failing(case.differences) and not _both_failed(case):
        progress("explaining")
        findings = explain(case)
    if blocker is None:
        findings += leftover_findings(case)
        stored = executor.stored(case.a) if isinstance(executor, Runner) else None
        findings += stale_findings(case, stored)
    factors = {factor: factor_report(factor, case.a, case.b) for factor in options.vary}
    complete = blocker is None and not _both_failed(case)
    allowed = allow(
        findings,
        [*options.allow, *allowances_in(case.units)],
        [each for each in options.accepted if each.subject == (name or subject.name)],
        subject=subject.path,
        tried=causes_tried([each for each in factors if factors[each].status == "applied"]) if complete else (),
    )
    verdict, reason, detail = _verdict(case, allowed.findings, blocker)
    return Audit(
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
        not_compared=_not_compared(case),
        environment=snapshot(case.a),
        invocation=_invocation(subject),
    )


def _limits(options: Options) -> Limits:
    return Limits(
        run=options.timeout,
        cell=options.cell_timeout,
        start=options.start_timeout,
        memory=options.memory,
        writes=options.allow_writes,
    )


_OFFERED = 8
"""Hash numbers that the third one is chosen from."""


def _compare_twice(
    subject: Subject, options: Options, executor: Runner | FunctionRunner, progress: Progress, session: Session
) -> Case:
    """A and B; where there is evidence but no difference, B again with third values."""
    around = surroundings(
        threads=max(1, session.cores // 2),
        simd_of=(subject.python or sys.executable) if "simd" in options.vary else None,
        told=session.told,
    )
    first = baseline(subject.name, threads=around.threads)
    if options.no_network:
        first = replace(first, network="off")
    second, third = (
        restricted(first, varied(subject.name, first, around, generation=generation), options.vary)
        for generation in (1, 2)
    )
    progress("A and B")
    a, b = _first_two(executor, [first, second], options)
    units = executor.units([*a.reached, *b.reached])
    case = Case(
        executor=executor,
        options=options,
        subject_path=subject.path,
        root=str(subject.root),
        separate=not isinstance(executor, Runner) or executor.ready.mode != "in-place",
        a=a,
        b=b,
        third=third,
        comparison=compare_traces(a, b, tolerance=options.tolerance, rules=options.normalise),
        units=units,
        candidates=find_unordered(units, observed_shapes(a)),
        runs=2,
    )
    if "hash" in options.vary and depends_on_hash(units):
        third = case.third = _telling(case, subject, around)
    if not failing(case.differences) and _is_due_again(case):
        progress("third values")
        (case.b,) = executor.run([third])
        case.comparison = compare_traces(a, case.b, tolerance=options.tolerance, rules=options.normalise)
        case.runs += 1
    return case


def _first_two(
    executor: Runner | FunctionRunner, conditions: Sequence[Conditions], options: Options
) -> tuple[Trace, Trace]:
    """A and B; where no run may explain what differs, they end with the first step that does."""
    if not isinstance(executor, Runner) or not options.stops_early:
        a, b = executor.run(conditions, keep=True)
        return a, b
    shown = partial(up_to_first_difference, tolerance=options.tolerance)
    a, b = executor.run(conditions, keep=True, differ=lambda a, b: shown(a, b) is not None)
    cut = shown(a, b)
    if cut is None and "stopped" in (a.outcome.status, b.outcome.status):
        # What differed on the way does so no longer, and nothing is known of the rest.
        a, b = executor.run(conditions, keep=True)
    return cut or (a, b)


def _telling(case: Case, subject: Subject, around: Surroundings) -> Conditions:
    """The third values, with that hash number under which the subject's few strings come in another order."""
    a = case.a.conditions
    offered = [varied(subject.name, a, around, generation=number).hash for number in range(2, 2 + _OFFERED)]
    groups = small_groups(case.units, case.a)
    return replace(case.third, hash=telling_hash(sys.executable, a.hash, offered, groups))


def _checked(options: Options) -> Options:
    if options.max_runs < 2:
        raise ConfigError(f"expected at least 2, got {options.max_runs}", where="max-runs", hint="A and B are two runs")
    return options


def _is_due_again(case: Case) -> bool:
    """Two values of a factor can coincide by chance: where there is evidence, a third one is tried."""
    if case.options.max_runs < 3 or not case.may_run_again:
        return False
    if case.a.outcome.status != "finished" or case.b.outcome.status != "finished":
        return False
    drawn = "seed" in case.options.vary and any(event.source in DRAWS for event in (*case.a.events, *case.b.events))
    return bool(drawn or ("hash" in case.options.vary and depends_on_hash(case.units)))


def _both_failed(case: Case) -> bool:
    """Whether the subject failed twice; runs that the audit has ended say nothing of that."""
    return not {case.a.outcome.status, case.b.outcome.status} & {"finished", "stopped"}


def _blocker(subject: Subject, case: Case, executor: Runner | FunctionRunner) -> Blocked | None:
    """What kept the runs from being made; what a test's function raises by itself is the test's failure, never that."""
    if isinstance(executor, FunctionRunner) or not _both_failed(case):
        return find_refused(case.a, case.b)
    project = Project(root=str(subject.root), files=project_files(executor.ready))
    return find_blocker(case.a, case.b, project)


def _verdict(case: Case, findings: tuple[Finding, ...], blocker: Blocked | None) -> tuple[Verdict, str, str]:
    """Verdict, reason and detail; what differs when simply run again is nondeterministic also where it has no name."""
    if blocker is not None:
        return "blocked", str(blocker), case.a.outcome.detail
    if _both_failed(case):
        return "failed", _told(case.a.outcome), case.a.outcome.detail
    errors = [finding for finding in findings if finding.severity == "error"]
    if not errors:
        return "reproducible", "", ""
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


def _not_compared(case: Case) -> tuple[NotCompared, ...]:
    unique = dict.fromkeys((*case.a.not_compared, *case.b.not_compared, *case.comparison.not_compared))
    return tuple(sorted(unique, key=lambda item: (item.what, item.reason)))


def _invocation(subject: Subject) -> Invocation:
    return Invocation(
        args=subject.args,
        module=subject.module,
        env=dict(sorted(subject.env.items())),
        cwd=subject.cwd,
        python=subject.python,
    )


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


def _refused(subject: Subject, verdict: Verdict, error: ReprocheckError) -> Audit:
    return Audit(
        path=subject.path,
        kind=subject.kind,
        parameters=subject.parameters,
        verdict=verdict,
        reason=str(error),
        invocation=_invocation(subject),
    )

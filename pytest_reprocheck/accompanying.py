"""The use case of a workflow's own run: B is made before it, in isolation, and compared with it when it is over.

The run itself, A, is made by somebody else, once and in the user's tree. Nothing that happens to its audit may happen
to it: whoever makes it goes on without an audit where this raises before it was begun.
"""

from __future__ import annotations

import os
import secrets
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial

from nbformat import NotebookNode

from pytest_reprocheck.auditing import limits_of
from pytest_reprocheck.case import Case
from pytest_reprocheck.compare.alignment import compare_traces
from pytest_reprocheck.config import Options
from pytest_reprocheck.core.conditions import Conditions, as_it_comes, restricted, varied
from pytest_reprocheck.core.errors import BlockedError, WorkspaceError
from pytest_reprocheck.core.findings import Audit, Finding
from pytest_reprocheck.core.subjects import Subject
from pytest_reprocheck.core.trace import Observation, Trace
from pytest_reprocheck.core.values import Text
from pytest_reprocheck.diagnose.attribution import failing
from pytest_reprocheck.diagnose.blocking import Blocked, Project, find_blocker, find_refused
from pytest_reprocheck.diagnose.names import observed_shapes
from pytest_reprocheck.diagnose.proposals import Scene
from pytest_reprocheck.diagnose.strings import small_groups
from pytest_reprocheck.diagnose.suggesting import suggest
from pytest_reprocheck.diagnose.unordered import depends_on_hash, find_unordered
from pytest_reprocheck.environment.surroundings import surroundings
from pytest_reprocheck.execution.attending import Attended, Execute
from pytest_reprocheck.execution.fencing import denials
from pytest_reprocheck.execution.hashing import telling_hash
from pytest_reprocheck.execution.machine import probe_machine
from pytest_reprocheck.execution.reading import FINDINGS_TAG, as_planned
from pytest_reprocheck.execution.running import Runner, runner
from pytest_reprocheck.execution.workspace import Workspace, project_files
from pytest_reprocheck.twice import both_failed
from pytest_reprocheck.verdicts import concluded, refused

__all__ = ["FINDINGS_TAG", "Attended", "Execute", "as_planned", "audit_beside"]

_OFFERED = 8
"""Hash numbers that A's is chosen from."""
_BEGIN = "Try REPROCHECK_WORKSPACE=copy"
_UNGUARDED = "nothing keeps programs that are no Python from writing outside of the project in run B"


def audit_beside(
    subject: Subject,
    notebook: NotebookNode,
    options: Options,
    execute: Execute,
    *,
    progress: Callable[[str], None] = lambda _text: None,
) -> Audit:
    """B of ``notebook``, isolated and guarded, then A by ``execute``, called once; and what their comparison shows.

    ``notebook`` is as ``as_planned`` gives it.

    No further runs are made: causes are those that the log and the code suggest, and none is confirmed. What keeps B
    from being made is the verdict ``blocked``, and ``execute`` has not been called then. Whatever else is raised is a
    fault of ours.
    """
    started = time.monotonic()
    asked = replace(options, fenced=True)
    machine = probe_machine()
    apart = partial(Workspace, mode=asked.workspace, machine=machine)
    within = partial(Workspace, mode="in-place", machine=machine)
    try:
        with runner(subject, notebook=notebook, limits=limits_of(asked), workspace=apart) as isolated:
            progress("B")
            first, second = _conditions(subject, asked)
            (b,) = isolated.run([second])
            first = _telling(first, b, isolated, asked)
            progress("A")
            with runner(subject, notebook=notebook, workspace=within) as in_place:
                a = in_place.attend(first, execute, expected=b.written)
                audit = _compared(subject, asked, isolated, a, b)
            notes = (*isolated.ready.notes, *(() if machine.landlock else (_UNGUARDED,)))
            audit = replace(audit, workspace=isolated.ready.mode, notes=notes, memory=isolated.used.memory)
    except (BlockedError, WorkspaceError) as error:
        audit = refused(subject, "blocked", error)
    return replace(audit, seconds=time.monotonic() - started)


def _conditions(subject: Subject, options: Options) -> tuple[Conditions, Conditions]:
    """A's as they come, with a seed that nobody can guess, and B's, which vary what is to be varied."""
    given = os.environ.get("PYTHONHASHSEED", "")
    first = as_it_comes(secrets.randbits(128), hash_seed=int(given) if _is_number(given) else None)
    if options.no_network:
        first = replace(first, network="off")
    around = surroundings(simd_of=sys.executable if "simd" in options.vary else None)
    return first, restricted(first, varied(subject.name, first, around), options.vary)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and int(text) < 2**32


def _telling(first: Conditions, b: Trace, isolated: Runner, options: Options) -> Conditions:
    """A's conditions, with a hash number under which the subject's few strings come in another order than in B.

    Where the user has set one, or B's is A's, it stays.
    """
    units = isolated.units(b.reached)
    if "hash" not in options.vary or "PYTHONHASHSEED" in os.environ or not depends_on_hash(units):
        return first
    offered = [first.hash, *((first.hash + number * 0x9E3779B1) % 2**32 for number in range(2, _OFFERED))]
    return replace(first, hash=telling_hash(sys.executable, b.conditions.hash, offered, small_groups(units, b)))


def _compared(subject: Subject, options: Options, isolated: Runner, a: Trace, b: Trace) -> Audit:
    units = isolated.units([*a.reached, *b.reached])
    case = Case(
        executor=isolated,
        options=options,
        subject_path=subject.path,
        root=str(subject.root),
        a=a,
        b=b,
        third=b.conditions,
        comparison=compare_traces(a, b, tolerance=options.tolerance, rules=options.normalise),
        units=units,
        candidates=find_unordered(units, observed_shapes(a)),
        runs=2,
    )
    blocker = _blocker(case, isolated)
    findings: tuple[Finding, ...] = ()
    if blocker is None and failing(case.differences) and not both_failed(case):
        scene = Scene(a=a, varied=b, units=units, candidates=case.candidates, subject_path=subject.path)
        findings = suggest(scene, case.differences, options.vary, isolated.clocks(a))
    return concluded(case, findings, blocker, subject=subject)


def _blocker(case: Case, isolated: Runner) -> Blocked | None:
    """What B was kept from, or what both lacked; B alone is guarded, so that A has done what B was refused."""
    if case.b.outcome.status == "died" and not case.b.steps and case.a.outcome.status != "died":
        return Blocked(place=None, reason=f"run B could not begin: {case.b.outcome.message}", hint=_BEGIN)
    if both_failed(case) and not case.b.refusals:
        project = Project(root=case.root, files=project_files(isolated.ready))
        return find_blocker(case.a, case.b, project)
    known = find_refused(case.a, case.b)
    if known is not None or not failing(case.differences):
        return known
    denied = _denied(case.b)
    if denied is None or _denied(case.a) is not None:
        return None
    place = next((step.place for step in case.b.steps if step.index == denied.step), None)
    return Blocked(
        place=place,
        reason="seems to write outside of the project, which run B was kept from",
        hint="Let it write to the project or to TMPDIR",
    )


def _denied(trace: Trace) -> Observation | None:
    """The first output that tells of a file that may not be written to."""
    words = denials(trace.conditions.locale)
    return next(
        (
            each
            for each in trace.observations
            if each.what in ("stderr", "stdout", "error")
            and isinstance(each.value, Text)
            and any(word in each.value.text for word in words)
        ),
        None,
    )

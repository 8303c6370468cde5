"""The use case of a live session: audit one of its cells, in forked copies of the session."""

from __future__ import annotations

import time
from dataclasses import replace

from pytest_reprocheck.auditing import Machine, Progress, Session, audited, checked, this_machine
from pytest_reprocheck.config import Options
from pytest_reprocheck.core.conditions import FORKED
from pytest_reprocheck.core.errors import BlockedError
from pytest_reprocheck.core.executions import CellAudit
from pytest_reprocheck.core.subjects import Subject
from pytest_reprocheck.diagnose.seeding import seeded_states
from pytest_reprocheck.diagnose.unordered import find_unordered
from pytest_reprocheck.execution.limits import Limits
from pytest_reprocheck.execution.live.runner import cell_runner
from pytest_reprocheck.execution.live.session import LiveCell
from pytest_reprocheck.execution.live.severing import hindrance
from pytest_reprocheck.execution.scheduling import Room
from pytest_reprocheck.execution.workspace import Workspace

__all__ = ["LiveCell", "audit_cell", "seeded_states"]


def audit_cell(
    cell: LiveCell,
    options: Options | None = None,
    *,
    progress: Progress | None = None,
    machine: Machine | None = None,
    session: Session | None = None,
) -> CellAudit:
    """Run a live session's cell in forked copies of it; compare what it shows, leaves in variables, fits and writes.

    What a running process cannot have otherwise (the string hash seed, its path, its locale) is not varied. The session
    itself is not touched. Must be called by its main thread.

    Raises BlockedError where the session cannot be forked, and WorkspaceError where its copies cannot be kept from the
    project's files.
    """
    if reason := hindrance():
        raise BlockedError(reason, hint="%reproaudit audits the whole notebook in kernels of its own")
    asked = checked(options or Options())
    asked = replace(asked, vary=tuple(factor for factor in asked.vary if factor in FORKED))
    common = session or Session()
    subject = Subject(root=cell.root, path=cell.prompt, kind="function")
    started = time.monotonic()
    limits = Limits(run=asked.timeout, writes=asked.allow_writes)
    workspace = Workspace(mode="auto", machine=machine or this_machine(), known=common.known)
    with cell_runner(cell, limits=limits, workspace=workspace, room=Room(cores=common.cores)) as executor:
        result = audited(subject, asked, executor, progress or (lambda _text: None), common)
        notes = (*executor.ready.notes, *executor.notes, *result.notes)
        result = replace(result, workspace=executor.ready.mode, notes=notes)
        hashed = find_unordered(executor.units(()), {})
        again = tuple(executor.again)
    orders = tuple(dict.fromkeys(str(each.place) for each in hashed if each.place.path == cell.prompt))
    result = replace(result, seconds=time.monotonic() - started)
    return CellAudit(audit=result, again=again, orders=orders)

"""``%%reproaudit``: audits one cell in forked copies of the live session, before the cell runs in it."""

from __future__ import annotations

import contextvars
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pytest_reprocheck.config import Options, merged, read_config
from pytest_reprocheck.core.errors import ReprocheckError
from pytest_reprocheck.core.executions import CellAudit
from pytest_reprocheck.core.subjects import find_root
from pytest_reprocheck.magics.arguments import parse_cell_line
from pytest_reprocheck.magics.executions import executions_of
from pytest_reprocheck.magics.functions import names_in
from pytest_reprocheck.magics.remembering import Memory
from pytest_reprocheck.magics.showing import Board
from pytest_reprocheck.report.html import render_html, render_problem
from pytest_reprocheck.report.terminal import render_text


def audit_cell(memory: Memory, line: str, source: str) -> None:
    """Audit and show.

    Args:
        memory: of the session.
        line: what stands behind the magic.
        source: the cell below it.
    """
    from pytest_reprocheck import cell_auditing

    shell = memory.shell
    number = len(shell.history_manager.input_hist_raw)
    board = Board(shell, f"In [{number}]")
    try:
        asked = parse_cell_line(line)
        if isinstance(asked, str):
            print(asked)
            return
        root = find_root(Path.cwd())
        options = merged(Options(), [read_config(root).overrides, asked.flags])
        machine, session = memory.common()
        board.tell("in forked copies of this session")
        cell = _live_cell(memory, source, number, root)
        found = cell_auditing.audit_cell(cell, options, machine=machine, session=session)
    except ReprocheckError as error:
        problem = f"%%reproaudit: {error}"
        board.finish(render_problem(problem, "The cell was run without an audit."), problem)
        return
    notes = _notes(found)
    board.finish(render_html(found.audit, notes=notes), render_text(found.audit, notes))


def _live_cell(memory: Memory, source: str, number: int, root: Path) -> Any:
    from pytest_reprocheck.cell_auditing import LiveCell, seeded_states

    shell = memory.shell
    executions = executions_of(shell, memory.ids, running=False)
    prompts = {each.number: each.prompt for each in executions}
    files = getattr(shell.compile, "_filename_map", {})
    return LiveCell(
        shell=shell,
        number=number,
        source=source,
        root=root,
        earlier={each.prompt: each.source for each in executions},
        files={name: prompts[count] for name, count in files.items() if count in prompts},
        seeded=seeded_states(executions, memory.states.moves, lambda name: names_in(shell.user_ns, name)),
        context=contextvars.copy_context(),
    )


def _notes(found: CellAudit) -> Sequence[str]:
    notes = []
    if found.again:
        shown = ", ".join(found.again[:5]) + (f" and {len(found.again) - 5} more" if len(found.again) > 5 else "")
        notes.append(f"Each time that it runs, this cell {shown}. Forked runs wrote to copies; the run below is real.")
    if found.orders:
        notes.append(
            f"{', '.join(found.orders)} may depend on the order of a set, which copies of a session have in common: "
            "%reproaudit varies it."
        )
    return tuple(notes)

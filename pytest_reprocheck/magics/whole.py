"""``%reproaudit``: audits the open notebook's file in kernels of its own."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from pytest_reprocheck.collecting import Entry, Scope, entries_of, refusal
from pytest_reprocheck.config import Overrides, read_config
from pytest_reprocheck.core.errors import SubjectError
from pytest_reprocheck.core.executions import Execution, Lacking, SavedCell, lacking, latest, place_of
from pytest_reprocheck.core.findings import Audit
from pytest_reprocheck.core.subjects import find_root
from pytest_reprocheck.gates import baseline_file, read_baseline
from pytest_reprocheck.magics.arguments import Asked
from pytest_reprocheck.magics.executions import executions_of
from pytest_reprocheck.magics.finding import open_notebook
from pytest_reprocheck.magics.remembering import Memory
from pytest_reprocheck.magics.showing import Board
from pytest_reprocheck.report.html import Links, render_html
from pytest_reprocheck.report.machine import host, keep_last, last_memory
from pytest_reprocheck.report.terminal import one_line, render_text

_SHOWN = 3
"""Executions that the file lacks which are named one by one."""


def audit_notebook(memory: Memory, asked: Asked) -> Audit | tuple[Audit, ...]:
    """Audit, show, and give the audit; several where the configuration has several sets of parameters.

    Raises ReprocheckError for what cannot be audited at all.
    """
    from pytest_reprocheck.auditing import audit, saved_cells

    shell = memory.shell
    file = notebook_of(shell, asked.notebook)
    scope = scope_of(file, asked.flags)
    executions = executions_of(shell, memory.ids) if not asked.notebook else ()
    machine, session = memory.common()
    audits: list[Audit] = []
    for entry in _entries(file, scope):
        subject, options = entry.subject, entry.options
        board = Board(shell, subject.name)
        expected = last_memory(scope.root, subject.path, subject.parameters)
        result = refusal(entry) or audit(
            subject,
            options,
            progress=board.tell,
            on_cell=board.cell,
            machine=lambda: machine,
            session=session,
            expected_memory=expected,
        )
        saved = saved_cells(subject)
        notes = told_of(lacking(executions, saved))
        board.finish(
            render_html(result, links=links_to(file, saved, executions), notes=notes), render_text(result, notes)
        )
        audits.append(result)
    keep_last(scope.root, audits, host(), tool_version=version("pytest-reprocheck"))
    return audits[0] if len(audits) == 1 else tuple(audits)


def notebook_of(shell: Any, argument: str) -> Path:
    """The file that is meant; raises SubjectError where it is not known, not there, or no notebook."""
    folders = [Path.cwd(), Path(shell.starting_dir)]
    file = open_notebook(argument, shell.user_ns, os.environ, folders)
    if file.suffix != ".ipynb":
        raise SubjectError("is no notebook", where=file.name, hint="%reproaudit audits files that end in .ipynb")
    return file


def scope_of(file: Path, flags: Overrides) -> Scope:
    """The project around a notebook; raises ConfigError for a wrong configuration."""
    root = find_root(file.parent)
    config = read_config(root)
    baseline = baseline_file(None, config, root=root, invoked_from=root, update=False)
    return Scope(
        root=root,
        config=config,
        flags=flags,
        invoked_from=root,
        baseline=baseline,
        accepted=read_baseline(baseline, may_lack=False),
    )


def _entries(file: Path, scope: Scope) -> Sequence[Entry]:
    return entries_of(file, scope, named=True)


def links_to(file: Path, saved: Sequence[SavedCell], executions: Sequence[Execution]) -> Links:
    """Where each code cell is reached from the report: JupyterLab scrolls to a cell whose id stands in a link."""
    prompts = _prompts(saved, executions)
    return {
        each.index: (f"{file.name}#cell-id={each.cell}" if each.cell else "", prompts.get(each.index, ""))
        for each in saved
    }


def _prompts(saved: Sequence[SavedCell], executions: Sequence[Execution]) -> Mapping[int, str]:
    """Prompts of the cells' last executions."""
    placed = [(place_of(each, saved), each.prompt) for each in latest(executions)]
    return {place.index: prompt for place, prompt in placed if place is not None}


def told_of(missing: Sequence[Lacking]) -> tuple[str, ...]:
    """Sentences about executions that the file lacks; they are no part of what was audited."""
    told = [_told(each) for each in missing[:_SHOWN]]
    if len(missing) > _SHOWN:
        told.append(f"So did {len(missing) - _SHOWN} more executions.")
    return (*told, "What was audited is the file as it was saved last.") if told else ()


def _told(missing: Lacking) -> str:
    line = one_line(next(iter(missing.execution.source.strip().splitlines()), ""))[:60]
    prompt = missing.execution.prompt
    if missing.index is not None:
        return f"{prompt} ({line}) ran with another text than cell[{missing.index}] of the file: edited or not saved."
    return f"{prompt} ({line}) ran, and the file has no such cell: edited, deleted or not saved."

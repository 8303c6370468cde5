"""``%reproaudit --session``: what the live session tells at once; nothing is run."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence
from datetime import datetime
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

from pytest_reprocheck.core.environments import Drift, canonical
from pytest_reprocheck.core.errors import ReprocheckError
from pytest_reprocheck.core.executions import Execution, Look, SavedCell, Told, is_own
from pytest_reprocheck.core.subjects import Subject, find_root
from pytest_reprocheck.magics.arguments import Asked
from pytest_reprocheck.magics.executions import executions_of
from pytest_reprocheck.magics.functions import names_in
from pytest_reprocheck.magics.remembering import Memory
from pytest_reprocheck.magics.showing import Board
from pytest_reprocheck.magics.whole import notebook_of
from pytest_reprocheck.report.session import render_look, render_look_text

_LOCKS = (".reprocheck/pylock.toml", "uv.lock", "pylock.toml", "poetry.lock", "Pipfile.lock", "requirements.txt")


def look(memory: Memory, asked: Asked) -> Look:
    """Look, show, and give what was seen."""
    from pytest_reprocheck.inspecting import (
        literals,
        names_without_cell,
        out_of_order,
        seeded_states,
        unseeded_draws,
    )

    shell = memory.shell
    executions = executions_of(shell, memory.ids)
    name, saved = _saved(shell)
    moves = memory.states.moves
    functions = _named(shell)
    drift, lock = _drift(Path.cwd()) if asked.part in (None, "env") else (None, "")
    found = Look(
        notebook=name,
        order=out_of_order(executions, saved),
        names=names_without_cell(executions, saved, shell.user_ns.keys()) if name else (),
        seeds=tuple(
            Told(where=f"{each.execution.prompt}{f':{each.line}' if each.line else ''}", what=f"drew from {each.what}")
            for each in unseeded_draws(executions, moves, functions)
        ),
        seeded=seeded_states(executions, moves, functions),
        env=tuple(_moved(drift)) if drift is not None else (),
        lock=lock,
        locked=drift is not None,
        data=tuple(_files(literals(executions).items(), memory.began)),
        unwatched=sum(each.number not in moves and not is_own(each.source) for each in executions),
    )
    board = Board(shell, "session")
    board.finish(render_look(found, asked.part), render_look_text(found, asked.part))
    return found


def _named(shell: Any) -> Any:
    return lambda name: names_in(shell.user_ns, name)


def _saved(shell: Any) -> tuple[str, Sequence[SavedCell]]:
    """Name and cells of the open notebook; nothing where it is not known which that is."""
    from pytest_reprocheck.auditing import saved_cells

    try:
        file = notebook_of(shell, "")
    except ReprocheckError:
        return "", ()
    return file.name, saved_cells(Subject(root=file.parent, path=file.name, kind="notebook"))


def _drift(folder: Path) -> tuple[Drift | None, str]:
    """What moved since the project's lock, and its name; None and why where there is nothing to compare with."""
    from pytest_reprocheck.locking import drift

    root = find_root(folder)
    name = next((name for name in _LOCKS if (root / name).is_file()), "")
    if not name:
        return None, "the project has no lock: `reprocheck lock` writes one"
    try:
        return drift(str(root / name), None, None, _imported()), name
    except ReprocheckError as error:
        return None, str(error)


def _imported() -> frozenset[str]:
    """The distributions that the session has imported something of."""
    tops = {name.partition(".")[0] for name in list(sys.modules)}
    known = packages_distributions()
    return frozenset(canonical(each) for top in tops for each in known.get(top, ()))


def _moved(drift: Drift) -> Iterator[Told]:
    for each in drift.changes:
        if each.imported:
            before = each.before.shown if each.before else "not there"
            after = each.after.shown if each.after else "not there"
            yield Told(where=each.name, what=f"{before} in the lock, {after} here")
    for moved in drift.host:
        yield Told(where=moved.name, what=f"{moved.before or 'unknown'} in the lock, {moved.after or 'unknown'} here")


def _files(named: Any, began: dict[int, float]) -> Iterator[Told]:
    """Files that the code names, and whether they changed after the cell ran that names them."""
    for text, execution in named:
        path = Path(text)
        try:
            status = path.stat() if path.is_file() else None
        except (OSError, ValueError):
            continue
        if status is not None:
            yield Told(where=text, what=f"{_size(status.st_size)}, {_when(status.st_mtime, execution, began)}")


def _when(changed: float, execution: Execution, began: dict[int, float]) -> str:
    started = began.get(execution.number)
    if started is not None and changed > started:
        return f"changed after {execution.prompt} began, which names it"
    day = datetime.fromtimestamp(changed).astimezone().date() if changed <= time.time() else "later than now"
    return f"last changed {day}, named in {execution.prompt}"


def _size(size: int) -> str:
    return f"{size} bytes" if size < 10_000 else f"{size / 1e6:.2f} MB"

"""What was executed in a shell so far."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pytest_reprocheck.core.executions import Execution


class Ids:
    """Which cells of the front end were executed: kernels are told their ids, and do not keep them."""

    def __init__(self) -> None:
        self._ids: dict[int, str] = {}

    def note(self, shell: Any, cell: str | None) -> None:
        """An execution begins."""
        if cell:
            self._ids[len(shell.history_manager.input_hist_raw)] = cell

    def get(self, number: int) -> str:
        """The id of the cell that was executed under a number; empty where it is not known."""
        return self._ids.get(number, "")


def running_number(shell: Any) -> int:
    """The number of the running cell; versions of IPython count on at its start or at its end, and all keep it."""
    return len(shell.history_manager.input_hist_raw) - 1


def executions_of(shell: Any, ids: Ids, *, running: bool = True) -> tuple[Execution, ...]:
    """Every execution that the shell's history has, in order; ``running``: the last one runs, and is left out."""
    last = running_number(shell) if running else None
    texts: Mapping[int, str] = dict(enumerate(shell.history_manager.input_hist_raw))
    return tuple(
        Execution(number=number, source=text, cell=ids.get(number))
        for number, text in texts.items()
        if number and number != last and text.strip()
    )

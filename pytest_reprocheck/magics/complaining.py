"""Errors as a notebook shows them: one sentence, no traceback of ours."""

from __future__ import annotations

from IPython.core.error import InputRejected


class MagicError(Exception):
    """The magic cannot do what was asked; cells below are not run on, as after any error."""

    def _render_traceback_(self) -> list[str]:
        return [str(self)]


class CellRejectedError(InputRejected):
    """The cell must not be run any more: its audit was interrupted."""

    def _render_traceback_(self) -> list[str]:
        return [str(self)]

"""Registering the magics in a shell. What they need is imported when they are used."""

from __future__ import annotations

import os
import re
import time
from typing import TYPE_CHECKING, Any

from pytest_reprocheck.magics.executions import running_number
from pytest_reprocheck.magics.remembering import Memory

if TYPE_CHECKING:
    from pytest_reprocheck.magics.arguments import Asked

_ATTRIBUTE = "_reprocheck"
_NAME = "reproaudit"
_MAGIC = re.compile(r"\s*%%reproaudit(?P<line>[^\n\S].*)?(?:\n|\Z)")
_HOME = "pytest_reprocheck.core.findings"


class Extension:
    """What one shell has of this extension."""

    def __init__(self, shell: Any) -> None:
        self.shell = shell
        self.memory = Memory(shell)
        self._running = False
        self._rejected = ""
        self._echo: tuple[object, int] | None = None

    def load(self) -> None:
        """Register everything."""
        shell = self.shell
        shell.register_magic_function(self.line_magic, "line", _NAME)
        shell.register_magic_function(self.cell_magic, "cell", _NAME)
        shell.input_transformers_cleanup.append(self.without_magic)
        shell.ast_transformers.append(self)
        shell.events.register("pre_run_cell", self.before_cell)
        shell.events.register("post_run_cell", self.after_cell)
        formatters = shell.display_formatter.formatters
        formatters["text/html"].for_type_by_name(_HOME, "Audit", _as_html)
        formatters["text/plain"].for_type_by_name(_HOME, "Audit", _as_text)
        shell.display_formatter.ipython_display_formatter.for_type_by_name(_HOME, "Audit", self._once)

    def unload(self) -> None:
        """Leave the shell as it was."""
        shell = self.shell
        shell.events.unregister("pre_run_cell", self.before_cell)
        shell.events.unregister("post_run_cell", self.after_cell)
        shell.input_transformers_cleanup.remove(self.without_magic)
        shell.ast_transformers.remove(self)
        for kind in ("line", "cell"):
            shell.magics_manager.magics[kind].pop(_NAME, None)
        formatters = shell.display_formatter.formatters
        for formatter in (*map(formatters.get, ("text/html", "text/plain")), _display_formatter(shell)):
            formatter.deferred_printers.pop((_HOME, "Audit"), None)
            for kind in [kind for kind in formatter.type_printers if kind.__module__ == _HOME]:
                formatter.pop(kind)

    def before_cell(self, info: Any) -> None:
        """A cell begins."""
        self._running = True
        if os.environ.get("REPROCHECK"):
            return
        self.memory.ids.note(self.shell, getattr(info, "cell_id", None))
        if (found := _MAGIC.match(info.raw_cell)) and info.raw_cell[found.end() :].strip():
            self._audit(found["line"] or "", info.raw_cell[found.end() :])
        self.memory.began[len(self.shell.history_manager.input_hist_raw)] = time.time()
        self.memory.states.before()

    def after_cell(self, _result: Any) -> None:
        """A cell is over."""
        self._running = False
        if not os.environ.get("REPROCHECK"):
            self.memory.states.after(running_number(self.shell))

    def without_magic(self, lines: list[str]) -> list[str]:
        """The cell below ``%%reproaudit``: the kernel runs it as any other, ``await`` and magics included."""
        found = None if self._running else _MAGIC.match("".join(lines))
        return "".join(lines)[found.end() :].splitlines(keepends=True) if found else lines

    def visit(self, tree: Any) -> Any:
        """Reject the cell whose audit was interrupted: this is what IPython asks before it runs code."""
        if self._rejected:
            from pytest_reprocheck.magics.complaining import CellRejectedError

            told, self._rejected = self._rejected, ""
            raise CellRejectedError(told)
        return tree

    def _audit(self, line: str, source: str) -> None:
        from pytest_reprocheck.magics.one import audit_cell

        try:
            audit_cell(self.memory, line, source)
        except KeyboardInterrupt:
            self._rejected = "%%reproaudit was interrupted: the forked runs were ended, and the cell was not run."

    def cell_magic(self, _line: str, _cell: str) -> None:
        """Run the cell several times in forked copies of the session, then for real; the first line of a cell."""
        from pytest_reprocheck.magics.complaining import MagicError

        raise MagicError("%%reproaudit: must be the first line of its cell, above other magics.")

    def line_magic(self, line: str) -> object:
        """Audit the open notebook in kernels of its own; ``%reproaudit --help`` says more."""
        from pytest_reprocheck.core.errors import ReprocheckError
        from pytest_reprocheck.magics.arguments import parse_line
        from pytest_reprocheck.magics.complaining import MagicError

        try:
            asked = parse_line(line)
            if isinstance(asked, str):
                print(asked)
                return None
            result = _of_a_run(asked) if os.environ.get("REPROCHECK") else _of_a_session(self.memory, asked)
        except ReprocheckError as error:
            raise MagicError(f"%reproaudit: {error}") from None
        except KeyboardInterrupt:
            raise MagicError("%reproaudit was interrupted: its runs were ended, and there is no verdict.") from None
        self._echo = result, running_number(self.shell)
        return result

    def _once(self, value: object) -> None:
        """Show nothing for what the running cell has shown already, by giving it back as its last value."""
        if self._echo is None or self._echo[0] is not value or self._echo[1] != running_number(self.shell):
            raise NotImplementedError


def load(shell: Any) -> None:
    """Register the magics; a second time nothing happens."""
    if not hasattr(shell, _ATTRIBUTE):
        extension = Extension(shell)
        extension.load()
        setattr(shell, _ATTRIBUTE, extension)


def unload(shell: Any) -> None:
    """Take the magics out again."""
    if hasattr(shell, _ATTRIBUTE):
        getattr(shell, _ATTRIBUTE).unload()
        delattr(shell, _ATTRIBUTE)


def _display_formatter(shell: Any) -> Any:
    return shell.display_formatter.ipython_display_formatter


def _of_a_session(memory: Memory, asked: Asked) -> object:
    """Look or audit, and show it; gives the Audit."""
    if asked.session:
        from pytest_reprocheck.magics.looking import look

        look(memory, asked)
        return None
    from pytest_reprocheck.magics.whole import audit_notebook

    return audit_notebook(memory, asked)


def _of_a_run(asked: Asked) -> object:
    """What the magic gives in a notebook that is being audited, where it shows nothing: cells below may use it."""
    if asked.session:
        return None
    from pytest_reprocheck.core.findings import Audit

    return Audit(path="", kind="notebook", verdict="inconclusive", reason="nothing is audited inside of an audit")


def _as_html(audit: Any) -> str:
    from pytest_reprocheck.report.html import render_html

    return render_html(audit)


def _as_text(audit: Any, printer: Any, _cycle: Any) -> None:
    from pytest_reprocheck.report.terminal import render_text

    printer.text(render_text(audit))

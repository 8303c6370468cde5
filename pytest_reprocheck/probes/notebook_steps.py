"""Steps of a notebook: told by IPython's own callbacks before and after a cell."""

from __future__ import annotations

import functools

from .syntax import parse
from .touched import names_of_tree

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from .probe import Probe
    from .steps import Steps

_TIMED = ("<timed exec>", "<timed eval>")
_SHELL_NAMES = frozenset({"In", "Out", "exit", "quit", "get_ipython", "open"})


class Cells:
    """Follows which cell runs."""

    def __init__(self, probe: Probe, steps: Steps, config: Mapping[str, Any]) -> None:
        self._probe = probe
        self._steps = steps
        self._path = config["path"]
        self._cells = [(cell["index"], cell["source"]) for cell in config.get("cells") or ()]
        self._next = 0
        self._running: int | None = None
        self._source = ""
        self._shift = 0
        """Lines of the running cell above the code that is compiled: ``%%capture`` runs what stands below it."""

    def watch(self, shell: Any) -> None:
        """Be told of the shell's cells, and of the file names their code is compiled under."""
        shell.events.register("pre_run_cell", _callback(self._probe, functools.partial(self._before, shell)))
        shell.events.register("post_run_cell", _callback(self._probe, functools.partial(self._after, shell)))
        plain = shell.compile.cache

        @functools.wraps(plain)
        def cache(*args: Any, **kwargs: Any) -> Any:
            name = plain(*args, **kwargs)
            if self._running is not None:
                self._probe.frames.add_cell(name, self._running, shift=self._shift)
            return name

        shell.compile.cache = cache

    def _before(self, shell: Any, info: Any) -> None:
        if not self._probe.log.main:
            return
        if self._running is not None:
            self._start_inner(info.raw_cell)
            return
        for position in range(self._next, len(self._cells)):
            index, source = self._cells[position]
            if source == info.raw_cell:
                self._next = position + 1
                self._start(index, source, shell.user_ns)
                return

    def _start(self, index: int, source: str, namespace: Mapping[str, Any]) -> None:
        self._running = index
        self._source = source
        self._place_timed(source, 0)
        self._steps.start({"path": self._path, "cell": index, "line": None}, _names(source), namespace)

    def _start_inner(self, text: str) -> None:
        """A magic runs a part of the cell as a cell of its own."""
        at = self._source.find(text.strip("\n")) if text.strip() else -1
        self._shift = self._source.count("\n", 0, at) if at > 0 else 0
        self._place_timed(text, self._shift)

    def _place_timed(self, text: str, shift: int) -> None:
        for name in _TIMED:
            # %%time compiles what stands below it on its own; in %time the cell's own frame is further out.
            if text.startswith("%%") and self._running is not None:
                self._probe.frames.add_cell(name, self._running, shift=shift + 1)
            else:
                self._probe.frames.remove_cell(name)

    def _after(self, shell: Any, result: Any) -> None:
        if self._running is None or result.info.raw_cell != self._cells[self._next - 1][1]:
            self._shift = 0
            return
        self._running = None
        self._steps.end(own_variables(shell), shell.user_ns, last=self._next == len(self._cells))


def own_variables(shell: Any) -> dict[str, Any]:
    """The user's variables in a shell, those that it brings along left out."""
    hidden = shell.user_ns_hidden
    variables = {name: value for name, value in shell.user_ns.items() if name not in _SHELL_NAMES}
    return {name: value for name, value in variables.items() if hidden.get(name, shell) is not value}


def _names(source: str) -> frozenset[str] | None:
    """The names that a cell's code uses; None for one with magics, which can reach everything."""
    try:
        return names_of_tree(parse(source))
    except (SyntaxError, ValueError):
        return None


def install(probe: Probe, steps: Steps, module: Any, config: Mapping[str, Any]) -> None:
    """Watch every shell of ``IPython.core.interactiveshell`` from the moment it has its events."""
    plain = module.InteractiveShell.init_events

    @functools.wraps(plain)
    def init_events(shell: Any) -> None:
        plain(shell)
        probe.guarded("cells", Cells(probe, steps, config).watch)(shell)

    probe.replace(module.InteractiveShell, "init_events", init_events)


def _callback(probe: Probe, function: Callable[[Any], None]) -> Callable[[Any], None]:
    """A function as IPython's events want it: of one argument."""
    guarded = probe.guarded("cells", function)

    def callback(info: Any) -> None:
        guarded(info)

    return callback

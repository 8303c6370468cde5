"""A cell in a forked copy of a live session: one step, in a process in which user code has run before.

What a new process is given by the probes alone is here taken over from the session: which cells' code is compiled under
which names, names that were imported from modules before those were patched, and generators that nobody had seeded.
"""

from __future__ import annotations

import ast
import functools
import re
import sys

from .notebook_steps import own_variables
from .touched import names_of_tree

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any

    from .probe import Probe
    from .steps import Steps

_DRAWN_BITS = 96
"""Entropy that numpy draws from the system is longer, and what people type as a seed is shorter."""


def bound_names(namespace: Mapping[str, Any]) -> dict[str, tuple[str, str]]:
    """The user's names for functions and classes of modules, ``{"now": ("time", "time")}``, before patches."""
    found = {}
    for name, value in list(namespace.items()):
        module, own = getattr(value, "__module__", None), getattr(value, "__name__", None)
        if type(module) is not str or type(own) is not str or module == "__main__":
            continue
        if getattr(sys.modules.get(module), own, None) is value:
            found[name] = (module, own)
    return found


def rebind(namespace: dict[str, Any], bound: Mapping[str, tuple[str, str]]) -> None:
    """Let the user's names stand for what the modules have under them now."""
    for name, (module, own) in bound.items():
        now = getattr(sys.modules.get(module), own, None)
        if now is not None and now is not namespace.get(name):
            namespace[name] = now


class LiveCell:
    """The one step."""

    def __init__(self, probe: Probe, steps: Steps, shell: Any) -> None:
        self._probe = probe
        self._steps = steps
        self._shell = shell

    def follow(self, files: Mapping[str, str], subject: str) -> None:
        """Know code by its cell.

        Args:
            files: names under which earlier cells were compiled -> their prompts.
            subject: the prompt of the cell that is run.
        """
        for name, prompt in files.items():
            self._probe.frames.add_cell(name, None, path=prompt)
        plain = self._shell.compile.cache

        @functools.wraps(plain)
        def cache(*args: Any, **kwargs: Any) -> Any:
            name = plain(*args, **kwargs)
            self._probe.frames.add_cell(name, None, path=subject)
            return name

        self._shell.compile.cache = cache

    def start(self, source: str, subject: str, written: Iterable[str]) -> None:
        """The cell begins; its variables until now are those of the session.

        Args:
            source: its code.
            subject: its prompt.
            written: what was executed in the session so far, for what stands there as a literal.
        """
        names = _names(source)
        namespace = self._shell.user_ns
        self._steps.assume(own_variables(self._shell), namespace)
        self._steps.start({"path": subject, "cell": None, "line": None}, names, namespace)
        self._probe.guarded("generators of the session", self._reseed)(source, subject, list(written))

    def end(self) -> None:
        """The cell is over."""
        self._steps.end(own_variables(self._shell), self._shell.user_ns, last=False)

    def line_of(self, error: BaseException, subject: str) -> int | None:
        """The innermost line of the cell's own in a traceback."""
        line, entry = getattr(error, "lineno", None), error.__traceback__
        while entry is not None:
            source = self._probe.frames.source(entry.tb_frame.f_code.co_filename)
            if source is not None and source.path == subject:
                line = entry.tb_lineno
            entry = entry.tb_next
        return line

    def _reseed(self, source: str, subject: str, written: list[str]) -> None:
        """Give generators of the session that nobody had seeded a state from a stream of their own."""
        np: Any = sys.modules.get("numpy")
        generator: Any = getattr(getattr(np, "random", None), "Generator", None)
        if generator is None:
            return
        done: set[int] = set()
        for name, value in sorted(self._shell.user_ns.items(), key=lambda item: item[0]):
            if name.startswith("_") or not isinstance(value, generator) or id(value.bit_generator) in done:
                continue
            if not _is_unseeded(value.bit_generator, written):
                continue
            done.add(id(value.bit_generator))
            stream = f"numpy@session {name}"
            fresh = type(value.bit_generator)(self._probe.streams.bits(stream, 128))
            value.bit_generator.state = fresh.state
            self._steps.settle(name, value)
            line = _line_of(name, source)
            if line is not None:
                place = {"path": subject, "cell": None, "line": line}
                stack = [{"place": place, "function": "<module>"}]
                self._probe.event_at("numpy", stream, f"the generator {name} of an earlier cell", stack)


def _is_unseeded(bit_generator: Any, written: list[str]) -> bool:
    """Whether a bit generator started from the system's entropy; a long number that the user wrote is a seed."""
    entropy = getattr(getattr(bit_generator, "seed_seq", None), "entropy", None)
    if type(entropy) is not int or entropy.bit_length() <= _DRAWN_BITS:
        return False
    forms = (str(entropy), f"{entropy:x}")
    return not any(form in text.replace("_", "").lower() for form in forms for text in written)


def _names(source: str) -> frozenset[str] | None:
    """The names that the cell's code uses; None for one with magics, which can reach everything."""
    try:
        return names_of_tree(ast.parse(source))
    except (SyntaxError, ValueError):
        return None


def _line_of(name: str, source: str) -> int | None:
    """The first line on which a name stands."""
    word = re.compile(rf"\b{re.escape(name)}\b")
    return next((number for number, line in enumerate(source.splitlines(), start=1) if word.search(line)), None)

"""Reads of the surroundings that user code makes itself, and what stands in for the functions that it calls.

Libraries read clocks, count processors and ask for process ids for their own ends: only the frame that calls decides.
"""

# Callers' frames have no public name.
# ruff: noqa: SLF001
# Pathlib costs every child milliseconds at its start.
# ruff: noqa: PTH110

from __future__ import annotations

import _ast as ast
import functools
import sys
from os import path
from types import FunctionType

from .calls import MISSING, call_expression, evaluate
from .frames import site, without_this_frame

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import CodeType, FrameType
    from typing import Any

    from .probe import Probe

    Read = Callable[[FrameType, Callable[..., Any], tuple[Any, ...], dict[str, Any]], Any]
    """What answers a read by user code: frame, plain function, arguments and keywords -> what user code is given."""
    Through = Callable[[FrameType], FrameType]

_NAMED = {
    "date.today": "datetime.date.today",
    "Timestamp.now": "pandas Timestamp.now",
    "Timestamp.today": "pandas Timestamp.today",
    "Timestamp.utcnow": "pandas Timestamp.utcnow",
    "Timestamp.fromtimestamp": "pandas Timestamp.fromtimestamp",
    "_Period.now": "pandas Period.now",
}
"""Compiled functions that leave no frame of their own when they read what user code asked them for."""
_MEASURING = frozenset({"sklearn"})
"""Libraries that measure times for what they give back."""

_MOST_PLACES = 10_000
"""Instructions that are remembered: code that is made over and over would be held for good."""


def _unchanged(frame: FrameType) -> FrameType:
    return frame


class Reads:
    """Tells whose a read is, and logs the user's own."""

    def __init__(self, probe: Probe, undo: Callable[[Callable[[], None]], object]) -> None:
        """Reads.

        Args:
            probe: this process's probe.
            undo: remembers how a function is put back.
        """
        self._probe = probe
        self._undo = undo
        self.libraries: set[str] = set()
        """Files that are known not to be the user's: most reads are told by this set alone."""
        self._places: dict[tuple[int, int, str], tuple[CodeType, tuple[str, str]]] = {}
        self._event = probe.guarded("reads of the surroundings", self._log)
        self._place = probe.guarded("reads of the surroundings", self._find)

    def reader(self, frame: FrameType) -> FrameType | None:
        """The user's frame that makes this very call; None where a library does, and while the probes work."""
        filename = frame.f_code.co_filename
        if self._probe.frames.source(filename) is not None:
            return frame if self._probe.watching else None
        if filename.startswith("<") and self._probe.watching and self._belongs_to_user(frame):
            origin = self._probe.frames.origin(frame)
            return None if origin is None else origin.user
        # Cells have names of files that are not there, and may come to be known later.
        if path.exists(filename):
            self.libraries.add(filename)
        return None

    def replace(self, module: Any, name: str, read: Read, *, through: Through = _unchanged) -> None:
        """Let ``read`` answer when user code calls a module's function; nothing where there is none of that name.

        Args:
            module: whose function it is.
            name: the function's.
            read: gets the user's frame, the plain function and the arguments; the plain one answers where it gives
                None.
            through: the frame that counts as the caller, where a function made for such reads passes the call on.
        """
        plain = vars(module).get(name)
        if plain is not None:
            call = self.answered(plain, read, through=through)
            self._put(module, name, stand_in(plain, call, module.__name__))

    def replace_process_id(self, module: Any, name: str, position: int, value: Callable[[Any], Any]) -> None:
        """Let ``value`` say what a function gets in place of a process id that user code passes."""
        plain = vars(module).get(name)
        if plain is None:
            return
        reader = self.reader

        def call(*args: Any, **kwargs: Any) -> Any:
            if reader(sys._getframe(1)) is not None:
                if len(args) > position:
                    args = (*args[:position], value(args[position]), *args[position + 1 :])
                kwargs = {key: value(given) if key == "pid" else given for key, given in kwargs.items()}
            try:
                return plain(*args, **kwargs)
            except BaseException as error:
                without_this_frame(error)
                raise

        self._put(module, name, stand_in(plain, call, module.__name__))

    def answered(self, plain: Callable[..., Any], read: Read, *, through: Through = _unchanged) -> Callable[..., Any]:
        """A function that does what ``plain`` does, but gives user code what ``read`` gives."""
        reader, guarded = self.reader, self._probe.guarded("reads of the surroundings", read)
        libraries, caller = self.libraries, sys._getframe

        def call(*args: Any, **kwargs: Any) -> Any:
            frame = through(caller(1))
            if frame.f_code.co_filename not in libraries:
                user = reader(frame)
                given = None if user is None else guarded(user, plain, args, kwargs)
                if given is not None:
                    return given
            try:
                return plain(*args, **kwargs)
            except BaseException as error:
                without_this_frame(error)
                raise

        return call

    def note(self, source: str, frame: FrameType, what: str) -> tuple[str, str]:
        """Log the user's read, once for each line and step; gives its site and what the user called."""
        key = (id(frame.f_code), frame.f_lasti, what)
        place = self._places.get(key)
        if place is None:
            if len(self._places) >= _MOST_PLACES:
                self._places.clear()
            # The code object is held, so that its id stays its own.
            place = self._places[key] = (frame.f_code, self._place(frame, what) or ("?", what))
        if not self._probe.just_seen(source, frame):
            self._event(source, frame, *place[1])
        return place[1]

    def _put(self, module: Any, name: str, value: object) -> None:
        self._undo(functools.partial(setattr, module, name, vars(module)[name]))
        setattr(module, name, value)

    def _find(self, frame: FrameType, what: str) -> tuple[str, str]:
        return site(self._probe.frames.stack(frame)), _spoken(frame, what)

    def _log(self, source: str, frame: FrameType, where: str, what: str) -> None:
        self._probe.now_seen(source, frame)
        self._probe.event(source, f"{source}@{where}", what, frame)

    def _belongs_to_user(self, frame: FrameType) -> bool:
        """Whether code without a file (``exec``, the ``__init__`` of a dataclass) runs in a user module's globals."""
        file = frame.f_globals.get("__file__")
        if file is None:
            return frame.f_globals.get("__name__") == "__main__"
        return isinstance(file, str) and self._probe.frames.source(file) is not None


def _spoken(frame: FrameType, what: str) -> str:
    """What the user called, where that is a compiled function or a library that reads on the user's behalf."""
    call = call_expression(frame)
    function = MISSING if call is None else evaluate(call.func, frame)
    name = str(getattr(getattr(function, "__func__", function), "__qualname__", ""))
    if name in _NAMED:
        return _NAMED[name]
    if call is not None and isinstance(call.func, ast.Attribute):
        kind = type(evaluate(call.func.value, frame))
        if kind.__module__.partition(".")[0] in _MEASURING:
            return f"{kind.__name__}.{call.func.attr}"
    return name if str(getattr(function, "__module__", "")).partition(".")[0] in _MEASURING else what


class _StandIn:
    """Called like the builtin function in whose place it stands, and pickled, copied and shown as that one.

    Unlike a function of Python's, and like a builtin one, it does not become a method as an attribute of a class.
    """

    def __reduce__(self) -> str:
        return str(self.__qualname__)  # type: ignore[attr-defined]

    def __repr__(self) -> str:
        return f"<built-in function {self.__name__}>"  # type: ignore[attr-defined]


def stand_in(plain: Callable[..., Any], call: Callable[..., Any], module: str) -> Any:
    """A function to stand in the place of ``plain`` under its name in a module.

    Args:
        plain: builtin, or a function of Python's.
        call: does the work, errors included.
        module: where ``plain`` is found.
    """
    if isinstance(plain, FunctionType):
        return functools.wraps(plain)(call)
    # ``__call__`` is looked up on the type: as a static method there it gets the arguments and nothing before them.
    kind = type("builtin_function_or_method", (_StandIn,), {"__call__": staticmethod(call), "__module__": "builtins"})
    function: Any = kind()
    function.__module__, function.__name__, function.__qualname__ = module, plain.__name__, plain.__name__
    function.__doc__, function.__wrapped__ = plain.__doc__, plain
    function.__text_signature__ = getattr(plain, "__text_signature__", None)
    return function

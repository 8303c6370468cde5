"""Calls of libraries' functions and methods by user code, recorded by what is put around the functions.

The functions keep their identity, name, signature and source; frames put around them are left out of tracebacks and
are not counted by warnings.
"""

from __future__ import annotations

import functools
import sys
from _thread import _local
from operator import getitem
from types import CodeType, FunctionType, GeneratorType

from .frames import HIDDEN, without_this_frame

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence
    from types import FrameType
    from typing import Any, TypeVar

    from .probe import Probe

    Before = Callable[[FrameType, Sequence[Any], dict[str, Any]], Callable[[Any], None] | None]
    """Records what goes into a call; gives what records its result, or None for calls that are not recorded."""
    F = TypeVar("F", bound=FunctionType | Callable[..., Any])


def hidden(function: F) -> F:
    """Let warnings pass over the function's frames."""
    plain: Any = function
    plain.__code__ = plain.__code__.replace(co_filename=HIDDEN)
    return function


def afterwards(plain: Any, after: Callable[[Any], object]) -> Any:
    """A method, and something done with its object afterwards."""

    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            result = plain(self, *args, **kwargs)
        except BaseException as error:
            without_this_frame(error)
            raise
        after(self)
        return result

    return hidden(functools.wraps(plain)(method))


class _Inside(_local):
    """How deep this thread is in recorded calls."""

    calls = 0


class Watcher:
    """Decides which calls are recorded: those outside of any other recorded call of their thread."""

    def __init__(self, probe: Probe) -> None:
        self._probe = probe
        self._inside = _Inside()
        self._thread = probe.thread

    def recording(self) -> bool:
        """Whether a call that starts now in this thread is to be recorded."""
        # As ``probe.watching``, without the call: libraries look their methods up a million times.
        return not (self._inside.calls or self._thread.working) and self._probe.active

    def depth(self, change: int) -> None:
        """A recorded call starts (+1) or ends (-1) in this thread."""
        self._inside.calls += change


class Around:
    """Stands for a function; calls by user code are recorded."""

    def __init__(self, function: Callable[..., Any], before: Before, watcher: Watcher) -> None:
        functools.update_wrapper(self, function)
        self._function = function
        self._before = before
        self._watcher = watcher

    @hidden
    def __call__(self, /, *args: Any, **kwargs: Any) -> Any:
        """Call the function, recorded where it is user code's own call."""
        __tracebackhide__ = True
        watcher = self._watcher
        after = None
        if watcher.recording():
            after = self._before(sys._getframe(1), args, kwargs)  # noqa: SLF001  (the only way to a caller's frame)
        if after is not None:
            watcher.depth(+1)
        try:
            result = self._function(*args, **kwargs)
        except BaseException as error:
            # A bare raise adds no frame of its own: the traceback is as if nothing stood between.
            without_this_frame(error)
            raise
        finally:
            if after is not None:
                watcher.depth(-1)
        if after is None:
            return result
        if type(result) is GeneratorType:
            return told(result, after, watcher)
        after(result)
        return result

    def __getattr__(self, name: str) -> Any:
        return getattr(self.__dict__["_function"], name)

    def __reduce__(self) -> Any:
        return getitem, ((self._function,), 0)


def told(plain: GeneratorType[Any, Any, Any], after: Callable[[Any], None], watcher: Watcher) -> Any:
    """A generator like this one; each item that it gives is recorded."""
    generator: Any = _following(plain, after, watcher)
    generator.__name__, generator.__qualname__ = plain.__name__, plain.__qualname__
    return generator


@hidden
def _following(
    plain: GeneratorType[Any, Any, Any], after: Callable[[Any], None], watcher: Watcher
) -> Generator[Any, None, None]:
    try:
        while True:
            watcher.depth(+1)
            try:
                item = next(plain)
            except StopIteration:
                return
            except BaseException as error:
                without_this_frame(error)
                raise
            finally:
                watcher.depth(-1)
            after(item)
            yield item
    finally:
        plain.close()


def watch_function(probe: Probe, function: FunctionType, before: Before, watcher: Watcher) -> None:
    """Record calls of a plain function, which stays the same object: its code is exchanged for one that calls it.

    A function is imported by name into many modules and pickled by reference; both need the object itself.
    """
    code = function.__code__
    plain = FunctionType(code, function.__globals__, function.__name__, function.__defaults__, function.__closure__)
    plain.__kwdefaults__ = function.__kwdefaults__
    plain.__qualname__, plain.__module__ = function.__qualname__, function.__module__
    function.__code__ = _code_calling(code, Around(plain, before, watcher))
    if not hasattr(function, "__wrapped__"):  # where ``inspect`` looks for the source
        probe.replace(function, "__wrapped__", plain)

    def undo() -> None:
        function.__code__ = code

    probe.undo(undo)


def _code_calling(code: CodeType, target: Callable[..., Any]) -> CodeType:
    """Code with the parameters and free variables of another, which passes its arguments to a callable."""
    names = code.co_varnames
    count, keyword_only = code.co_argcount, code.co_kwonlyargcount
    positional, named = list(names[:count]), list(names[count : count + keyword_only])
    rest = list(names[count + keyword_only :])
    starred = rest.pop(0) if code.co_flags & 0x04 else None
    double = rest.pop(0) if code.co_flags & 0x08 else None
    # Defaults are the function's own; here they only let keyword-only parameters be written after a star.
    declared = [*positional[: code.co_posonlyargcount], *(["/"] if code.co_posonlyargcount else [])]
    declared += positional[code.co_posonlyargcount :]
    declared += [f"*{starred}"] if starred else ["*"] if named else []
    declared += [*named, *([f"**{double}"] if double else [])]
    passed = [*positional, *([f"*{starred}"] if starred else []), *[f"{name}={name}" for name in named]]
    passed += [f"**{double}"] if double else []
    lines = [
        "def outer():",
        *[f"    {name} = None" for name in code.co_freevars],
        f"    def {code.co_name if code.co_name.isidentifier() else 'inner'}({', '.join(declared)}):",
        "        __reprocheck_target__, __reprocheck_strip__ = '<target>', '<strip>'",
        "        try:",
        f"            return __reprocheck_target__({', '.join(passed)})",
        "        except BaseException as __reprocheck_error__:",
        "            __reprocheck_strip__(__reprocheck_error__)",
        "            raise",
        *[f"        {name}" for name in code.co_freevars],
    ]
    compiled = _inner(_inner(compile("\n".join(lines), HIDDEN, "exec", dont_inherit=True)))
    known = {"<target>": target, "<strip>": without_this_frame}
    constants = tuple(_known(known, each) for each in compiled.co_consts)
    return compiled.replace(co_consts=constants, co_name=code.co_name, co_qualname=code.co_qualname)


def _known(objects: dict[str, Any], constant: object) -> object:
    """A constant, with objects in place of the texts that stand for them."""
    if isinstance(constant, tuple):
        return tuple(_known(objects, each) for each in constant)
    return objects.get(constant, constant) if isinstance(constant, str) else constant


def _inner(code: CodeType) -> CodeType:
    return next(constant for constant in code.co_consts if isinstance(constant, CodeType))

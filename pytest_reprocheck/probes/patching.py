"""Replacing methods of classes, those of extension modules included, and calling in the caller's place."""

# Pathlib costs every child milliseconds at its start.
# ruff: noqa: PTH120

from __future__ import annotations

from os import path, sep

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from types import FrameType
    from typing import Any

_OWN = path.dirname(__file__) + sep
_CALL = compile("__reprocheck_call__(*__reprocheck_args__, **__reprocheck_kwargs__)", "<call>", "eval")


def replaced(owner: Any, name: str, value: object) -> Callable[[], None]:
    """Set an attribute of a module or class, whether or not the class lets itself be changed; gives what undoes it.

    A class stays the same object with the same name: no subclass takes its place, which ``type()`` and pickles
    would show.
    """
    plain = vars(owner)[name]
    try:
        setattr(owner, name, value)
    except TypeError:
        _set_in_type(owner, name, value)
        return lambda: _set_in_type(owner, name, plain)
    return lambda: setattr(owner, name, plain)


def definer(kind: type, name: str) -> type:
    """The class of a class's ancestors that defines a method."""
    return next(each for each in kind.__mro__ if name in vars(each))


def call_as(
    frame: FrameType,
    function: Callable[..., Any],
    args: Sequence[Any],
    kwargs: Mapping[str, Any],
    *,
    variables: bool = False,
) -> Any:
    """Call as if the frame itself called: warnings name its line.

    Args:
        frame: the caller's.
        function: what is called.
        args: its positional arguments.
        kwargs: its keyword arguments.
        variables: whether the function looks for the caller's local variables.
    """
    code = _CALL.replace(co_filename=frame.f_code.co_filename, co_firstlineno=frame.f_lineno)
    names = dict(frame.f_locals) if variables else {}
    names |= {
        "__reprocheck_call__": function,
        "__reprocheck_args__": args,
        "__reprocheck_kwargs__": kwargs,
    }
    try:
        return eval(code, frame.f_globals, names)  # noqa: S307 - the line above
    except BaseException as error:
        # Neither this frame nor that of the line above is the user's business.
        inner = error.__traceback__ and error.__traceback__.tb_next
        error.__traceback__ = inner and inner.tb_next
        raise


def without_own_frames(error: BaseException) -> None:
    """Take the probes' frames off the outer end of an exception's traceback."""
    found = error.__traceback__
    while found is not None and found.tb_frame.f_code.co_filename.startswith(_OWN):
        found = found.tb_next
    error.__traceback__ = found


def _set_in_type(kind: type, name: str, value: object) -> None:
    """Write into the dictionary behind a type's read-only view, and have looked-up methods forgotten."""
    import ctypes
    import gc

    (namespace,) = gc.get_referents(vars(kind))
    namespace[name] = value
    ctypes.pythonapi.PyType_Modified(ctypes.py_object(kind))

"""Replacing methods of classes, those of extension modules included, and calling in the caller's place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from types import FrameType

    from .probe import Probe

_CALL = compile("__reprocheck_call__(*__reprocheck_args__, **__reprocheck_kwargs__)", "<call>", "eval")


def replace_method(probe: Probe, kind: type, name: str, value: object) -> None:
    """Set a method until the probes are taken out, whether or not the class lets itself be changed.

    The class stays the same object with the same name: no subclass takes its place, which ``type()`` and pickles
    would show.
    """
    try:
        probe.replace(kind, name, value)
    except TypeError:
        plain = vars(kind)[name]
        _set_in_type(kind, name, value)
        probe.undo(lambda: _set_in_type(kind, name, plain))


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


def _set_in_type(kind: type, name: str, value: object) -> None:
    """Write into the dictionary behind a type's read-only view, and have looked-up methods forgotten."""
    import ctypes
    import gc

    (namespace,) = gc.get_referents(vars(kind))
    namespace[name] = value
    ctypes.pythonapi.PyType_Modified(ctypes.py_object(kind))

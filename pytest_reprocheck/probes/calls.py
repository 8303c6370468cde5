"""What a frame is calling right now: the call expression at its current instruction, and what the expression names."""

from __future__ import annotations

import _ast as ast

from .syntax import parse_expression

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import FrameType
    from typing import Any

    from .frames import Origin

_SEED_ARGUMENTS = ("random_state", "rng", "seed")
MISSING = object()
"""Given back for an expression that cannot be evaluated without running code."""


def call_expression(frame: FrameType) -> ast.Call | None:
    """The call that the frame waits for; None when its source is not at hand."""
    import linecache

    positions = list(frame.f_code.co_positions())[frame.f_lasti // 2]
    first, last, start, end = positions
    if first is None or last is None or start is None or end is None:
        return None
    lines = [linecache.getline(frame.f_code.co_filename, number, frame.f_globals) for number in range(first, last + 1)]
    if not all(lines):
        return None
    lines[-1] = lines[-1].encode()[:end].decode(errors="replace")
    lines[0] = lines[0].encode()[start:].decode(errors="replace")
    try:
        node = parse_expression(f"({''.join(lines)})").body
    except SyntaxError:
        return None
    return node if isinstance(node, ast.Call) else None


def evaluate(node: ast.expr, frame: FrameType) -> object:
    """The value of a constant, name, attribute or plain subscript in a frame; MISSING where user code would run."""
    if isinstance(node, ast.Constant):
        return node.value
    if isinstance(node, ast.Name):
        for names in (frame.f_locals, frame.f_globals, frame.f_builtins):
            if node.id in names:
                return names[node.id]
    elif isinstance(node, ast.Attribute):
        owner = evaluate(node.value, frame)
        return MISSING if owner is MISSING else _attribute(owner, node.attr)
    elif isinstance(node, ast.Subscript):
        owner, key = evaluate(node.value, frame), evaluate(node.slice, frame)
        if type(owner) in (dict, list, tuple) and type(key) in (str, int):
            container: Any = owner
            try:
                return container[key]
            except LookupError:
                return MISSING
    return MISSING


def argument(call: ast.Call, name: str, frame: FrameType) -> object:
    """What the first positional argument, or the keyword ``name``, evaluates to; None without either."""
    if call.args:
        return MISSING if isinstance(call.args[0], ast.Starred) else evaluate(call.args[0], frame)
    for keyword in call.keywords:
        if keyword.arg in (name, None):
            return MISSING if keyword.arg is None else evaluate(keyword.value, frame)
    return None


def called_by_user(origin: Origin, default: str) -> str:
    """The function that the user called, in the words of reports.

    Args:
        origin: where the draw comes from.
        default: the drawing library's name, as ``numpy.random``; a direct call is named under it.
    """
    frame = _entered(origin)
    if frame is not None:
        module = str(frame.f_globals.get("__name__") or "")
        # Methods of the hidden instance are functions of the module ``random``.
        name = frame.f_code.co_qualname.removeprefix("Random.")
        return f"{module.partition('.')[0]} {name}" if "." in module else f"{module}.{name}"
    call = call_expression(origin.user)
    if call is None:
        return default
    name = function_name(call, origin.user)
    return f"{default}.{name}" if name else default


def seed_argument(origin: Origin) -> str:
    """The argument by which the library's function that the user called takes a seed; empty where it has none."""
    frame = _entered(origin)
    if frame is None:
        return ""
    code = frame.f_code
    arguments = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    return next((name for name in _SEED_ARGUMENTS if name in arguments), "")


def _entered(origin: Origin) -> FrameType | None:
    """The frame of the named function by which the user's call came into a library."""
    return next((frame for frame in reversed(origin.library) if "<" not in frame.f_code.co_qualname), None)


def function_name(call: ast.Call, frame: FrameType) -> str:
    """The name of the function that a call expression calls, its own where it can be found, else as it is written."""
    function = evaluate(call.func, frame)
    written = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    return str(written if function is MISSING else getattr(function, "__name__", written))


def _attribute(owner: object, name: str) -> object:
    """An attribute found without running properties or ``__getattr__``."""
    try:
        own = object.__getattribute__(owner, "__dict__")
    except AttributeError:
        own = {}
    if name in own:
        return own[name]
    kinds = owner.__mro__ if isinstance(owner, type) else type(owner).__mro__
    for kind in kinds:
        if name in vars(kind):
            found = vars(kind)[name]
            return MISSING if hasattr(type(found), "__set__") else found
    return MISSING

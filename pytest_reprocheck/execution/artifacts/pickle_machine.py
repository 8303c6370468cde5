"""Pickles as nodes, without unpickling: opcodes are followed, and nothing that they name is imported or called.

Memo numbers, framing and the protocol leave no trace: the same object gives the same nodes.
"""

from __future__ import annotations

import pickletools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, BinaryIO

from pytest_reprocheck.execution.artifacts.nodes import Members, Pairs, UnreadableError

_MOST_OPCODES = 5_000_000
_MARK = object()


@dataclass(frozen=True, kw_only=True, slots=True)
class Global:
    """A class or function by its name."""

    name: str
    """``module.qualified name``."""


@dataclass(eq=False, kw_only=True, slots=True)
class Call:
    """What calling something would give, and what was done to it afterwards."""

    function: Any
    arguments: tuple[Any, ...]
    keywords: Any = None
    makes: bool = False
    """Whether this is ``cls.__new__(cls, ...)``."""
    state: Any = None
    has_state: bool = False
    members: list[Any] = field(default_factory=list)
    pairs: list[tuple[Any, Any]] = field(default_factory=list)
    inline: Any = None
    """What followed in the stream itself."""

    @property
    def name(self) -> str:
        """The dotted name of what is called; empty where that is no name."""
        return self.function.name if isinstance(self.function, Global) else ""


@dataclass(frozen=True, eq=False, kw_only=True, slots=True)
class Persistent:
    """What the writer keeps elsewhere, by its identity."""

    identity: Any


Inline = Callable[[Call, BinaryIO], Any]
"""What follows an object in the stream itself; None for nothing."""


def load(file: BinaryIO, inline: Inline = lambda _call, _file: None) -> Any:
    """The nodes of the pickle at the file's position, which is after it then; raises UnreadableError."""
    machine = _Machine(file=file, inline=inline)
    try:
        for count, (opcode, argument, _position) in enumerate(pickletools.genops(file)):
            if count > _MOST_OPCODES:
                raise UnreadableError(f"a pickle of more than {_MOST_OPCODES:,} steps")
            machine.step(opcode.name, argument)
        return machine.stack.pop()
    except (ValueError, IndexError, KeyError, TypeError, AttributeError, EOFError, OverflowError) as error:
        raise UnreadableError(f"no whole pickle: {error}") from error


_PUSHED = frozenset(
    {
        "INT", "BININT", "BININT1", "BININT2", "LONG", "LONG1", "LONG4", "FLOAT", "BINFLOAT", "STRING", "BINSTRING",
        "SHORT_BINSTRING", "BINBYTES", "SHORT_BINBYTES", "BINBYTES8", "BYTEARRAY8", "UNICODE", "SHORT_BINUNICODE",
        "BINUNICODE", "BINUNICODE8",
    }
)  # fmt: skip
_NOTHING = frozenset({"PROTO", "FRAME", "STOP", "READONLY_BUFFER"})
_CONSTANTS = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False, "EMPTY_TUPLE": ()}
_GETS = frozenset({"GET", "BINGET", "LONG_BINGET"})
_PUTS = frozenset({"PUT", "BINPUT", "LONG_BINPUT"})


@dataclass(kw_only=True, slots=True)
class _Machine:
    file: BinaryIO
    inline: Inline
    stack: list[Any] = field(default_factory=list)
    memo: dict[int, Any] = field(default_factory=dict)

    def step(self, name: str, argument: Any) -> None:
        if name in _PUSHED:
            self.stack.append(argument)
        elif name in _GETS:
            self.stack.append(self.memo[argument])
        elif name in _PUTS:
            self.memo[argument] = self.stack[-1]
        elif name == "MEMOIZE":
            self.memo[len(self.memo)] = self.stack[-1]
        elif name in _CONSTANTS:
            self.stack.append(_CONSTANTS[name])
        elif name not in _NOTHING:
            action = getattr(self, f"do_{name.lower()}", None)
            if action is None:
                raise UnreadableError(f"a pickle with {name}")
            action(argument)

    def marked(self) -> list[Any]:
        """What was pushed since the last mark."""
        for position in range(len(self.stack) - 1, -1, -1):
            if self.stack[position] is _MARK:
                found = self.stack[position + 1 :]
                del self.stack[position:]
                return found
        raise UnreadableError("no whole pickle: a mark is missing")

    def do_mark(self, _argument: Any) -> None:
        self.stack.append(_MARK)

    def do_pop(self, _argument: Any) -> None:
        self.stack.pop()

    def do_pop_mark(self, _argument: Any) -> None:
        self.marked()

    def do_dup(self, _argument: Any) -> None:
        self.stack.append(self.stack[-1])

    def do_empty_list(self, _argument: Any) -> None:
        self.stack.append([])

    def do_empty_dict(self, _argument: Any) -> None:
        self.stack.append(Pairs())

    def do_empty_set(self, _argument: Any) -> None:
        self.stack.append(Members(type="set", ordered=False))

    def do_list(self, _argument: Any) -> None:
        self.stack.append(self.marked())

    def do_tuple(self, _argument: Any) -> None:
        self.stack.append(tuple(self.marked()))

    def do_frozenset(self, _argument: Any) -> None:
        self.stack.append(Members(type="frozenset", members=self.marked(), ordered=False))

    def do_dict(self, _argument: Any) -> None:
        self.stack.append(Pairs(pairs=_paired(self.marked())))

    def do_tuple1(self, _argument: Any) -> None:
        self.stack[-1:] = [tuple(self.stack[-1:])]

    def do_tuple2(self, _argument: Any) -> None:
        self.stack[-2:] = [tuple(self.stack[-2:])]

    def do_tuple3(self, _argument: Any) -> None:
        self.stack[-3:] = [tuple(self.stack[-3:])]

    def do_append(self, _argument: Any) -> None:
        self._extend([self.stack.pop()])

    def do_appends(self, _argument: Any) -> None:
        self._extend(self.marked())

    def do_additems(self, _argument: Any) -> None:
        self._extend(self.marked())

    def _extend(self, members: list[Any]) -> None:
        target = self.stack[-1]
        (target if isinstance(target, list) else target.members).extend(members)

    def do_setitem(self, _argument: Any) -> None:
        value, key = self.stack.pop(), self.stack.pop()
        self.stack[-1].pairs.append((key, value))

    def do_setitems(self, _argument: Any) -> None:
        pairs = _paired(self.marked())
        self.stack[-1].pairs.extend(pairs)

    def do_global(self, argument: Any) -> None:
        self.stack.append(Global(name=str(argument).replace(" ", ".")))

    def do_stack_global(self, _argument: Any) -> None:
        name, module = self.stack.pop(), self.stack.pop()
        self.stack.append(Global(name=f"{module}.{name}"))

    def do_reduce(self, _argument: Any) -> None:
        arguments, function = self.stack.pop(), self.stack.pop()
        self.stack.append(_called(function, tuple(arguments)))

    def do_newobj(self, _argument: Any) -> None:
        arguments, kind = self.stack.pop(), self.stack.pop()
        self.stack.append(Call(function=kind, arguments=tuple(arguments), makes=True))

    def do_newobj_ex(self, _argument: Any) -> None:
        keywords, arguments, kind = self.stack.pop(), self.stack.pop(), self.stack.pop()
        self.stack.append(Call(function=kind, arguments=tuple(arguments), keywords=keywords, makes=True))

    def do_inst(self, argument: Any) -> None:
        kind = Global(name=str(argument).replace(" ", "."))
        self.stack.append(Call(function=kind, arguments=tuple(self.marked()), makes=True))

    def do_obj(self, _argument: Any) -> None:
        kind, *arguments = self.marked()
        self.stack.append(Call(function=kind, arguments=tuple(arguments), makes=True))

    def do_build(self, _argument: Any) -> None:
        state = self.stack.pop()
        target = self.stack[-1]
        if not isinstance(target, Call):
            raise UnreadableError("a pickle that gives a state to what has none")
        target.state, target.has_state = state, True
        target.inline = self.inline(target, self.file)

    def do_persid(self, argument: Any) -> None:
        self.stack.append(Persistent(identity=argument))

    def do_binpersid(self, _argument: Any) -> None:
        self.stack.append(Persistent(identity=self.stack.pop()))


def _paired(flat: list[Any]) -> list[tuple[Any, Any]]:
    return list(zip(flat[::2], flat[1::2], strict=True))


def _called(function: Any, arguments: tuple[Any, ...]) -> Call:
    """A call by whatever way the protocol has for making an object."""
    name = function.name if isinstance(function, Global) else ""
    if name in ("copyreg.__newobj__", "copy_reg.__newobj__") and arguments:
        return Call(function=arguments[0], arguments=arguments[1:], makes=True)
    if name in ("copyreg.__newobj_ex__", "copy_reg.__newobj_ex__") and len(arguments) == 3:
        return Call(function=arguments[0], arguments=tuple(arguments[1]), keywords=arguments[2], makes=True)
    if name in ("copyreg._reconstructor", "copy_reg._reconstructor") and len(arguments) == 3:
        kind, base, state = arguments
        plain = isinstance(base, Global) and base.name.endswith(".object")
        return Call(function=kind, arguments=() if plain else (state,), makes=True)
    return Call(function=function, arguments=arguments)

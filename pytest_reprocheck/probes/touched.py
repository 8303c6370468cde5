"""Which variables a step could have touched: those it can reach from the names it uses, and those that share memory.

Reaching is decided by what Python's garbage collector sees, which runs no code of the user's. Where it cannot be
decided (``exec``, threads, very many objects) the step could have touched everything.
"""

from __future__ import annotations

import gc
import sys
import types
from _thread import get_ident
from contextlib import suppress
from weakref import ReferenceType

from .addresses import address_of
from .syntax import walk

TYPE_CHECKING = False
if TYPE_CHECKING:
    from _ast import AST
    from collections.abc import Callable, Iterable, Mapping
    from typing import Any

    from .probe import Probe

_MOST_OBJECTS = 20_000
"""Objects that are followed from a step's names, or from a variable."""
_REACH_ALL = frozenset(
    {
        *("exec", "eval", "compile", "globals", "locals", "vars", "__import__", "__main__", "__builtins__", "builtins"),
        *("gc", "inspect", "ctypes", "sys", "importlib", "runpy", "get_ipython", "signal", "atexit", "settrace"),
    }
)
"""Names through which code reaches what it does not name."""
ATOMS = frozenset({str, int, float, complex, bool, bytes, type(None), range, slice, types.CodeType})
_NOT_FOLLOWED = frozenset({types.FrameType, types.TracebackType})
_SHARED = (type, types.ModuleType, types.FunctionType)
"""What variables have in common without sharing anything that a step's end tells of them."""
_EMPTY = ()
"""One object in all of the process."""
_OWN_THREADS = ("joblib", "tqdm", "IPython", "ipykernel", "zmq", "tornado", "matplotlib")
_FEEDER = "multiprocessing.queues"


class Touch:
    """What can be reached."""

    def __init__(self, *, everything: bool = False) -> None:
        self.parts: set[int] = set()
        """Addresses of objects and of array memory."""
        self.names: set[str] = set()
        """The user's global names."""
        self.everything = everything


class Walk:
    """Follows references in one namespace."""

    def __init__(
        self,
        probe: Probe,
        namespace: Mapping[str, Any],
        into: Touch,
        known: Callable[[str, object], frozenset[int] | None],
    ) -> None:
        """Walk.

        Args:
            probe: this process's probe.
            namespace: the user's global names.
            into: where what is reached goes.
            known: gives what a variable that is this object reaches, where that is known already.
        """
        self._probe = probe
        self._known = known
        self._namespace = namespace
        self._into = into
        self._waiting: list[object] = []

    def names(self, names: Iterable[str], scope: Mapping[str, Any]) -> None:
        """Code uses these names in this scope."""
        for name in names:
            if name in _REACH_ALL:
                self._into.everything = True
            if name in scope:
                parts = None
                if scope is self._namespace:
                    self._into.names.add(name)
                    parts = self._known(name, scope[name])
                if parts is None:
                    self._waiting.append(scope[name])
                else:
                    self._into.parts |= parts
            module = sys.modules.get(name)
            if module is not None and self._is_own_module(module):
                self._waiting.append(module)

    def follow(self, obj: object = None) -> None:
        """Follow references from an object, and from what the names stand for, to the end."""
        self._waiting.append(obj)
        parts, seen, left = self._into.parts, set[int](), _MOST_OBJECTS
        while self._waiting and not self._into.everything:
            one = self._waiting.pop()
            kind = type(one)
            if kind in ATOMS or kind in _NOT_FOLLOWED or one is _EMPTY:
                continue
            address = address_of(one)
            if address in parts or address in seen:
                continue
            if one is self._namespace:
                self._into.everything = True
            seen.add(address)
            if not (issubclass(kind, _SHARED) or kind.__name__.endswith("DType")):
                parts.add(address)
            left -= 1
            if left < 0:
                self._into.everything = True
            self._waiting += self._references(one)

    def _references(self, obj: Any) -> list[object]:
        kind = type(obj)
        if issubclass(kind, types.ModuleType):
            return list(vars(obj).values()) if self._is_own_module(obj) else []
        if issubclass(kind, type):
            return [*vars(obj).values(), *obj.__bases__] if self._probe.is_user_class(obj) else []
        if kind is types.FunctionType:
            if self._probe.frames.source(obj.__code__.co_filename) is not None:
                self.names(names_of_code(obj.__code__), obj.__globals__)
            return [obj.__closure__, obj.__defaults__, obj.__kwdefaults__, obj.__dict__]
        if issubclass(kind, ReferenceType):
            return [obj()]
        found: list[object] = _but_atoms(gc.get_referents(obj))
        if self._probe.is_user_class(kind):
            found.append(kind)
        return found + self._memory(obj)

    def _memory(self, obj: Any) -> list[object]:
        """What the memory of arrays belongs to, which the collector does not see."""
        np: Any = sys.modules.get("numpy")
        torch: Any = sys.modules.get("torch")
        if np is not None and issubclass(type(obj), getattr(np, "ndarray", ())):
            owner = obj
            while issubclass(type(owner.base), np.ndarray):
                owner = owner.base
            self._into.parts.add(owner.__array_interface__["data"][0])
            return [owner.base, *_but_atoms(obj.ravel().tolist() if obj.dtype.hasobject else [])]
        if torch is not None and issubclass(type(obj), getattr(torch, "Tensor", ())):
            with suppress(RuntimeError, NotImplementedError):
                self._into.parts.add(obj.untyped_storage().data_ptr())
            return [obj.grad] if obj.is_leaf else []
        return [obj.obj] if type(obj) is memoryview else []

    def _is_own_module(self, module: Any) -> bool:
        file = getattr(module, "__file__", None)
        return type(file) is str and self._probe.frames.source(file) is not None


def _but_atoms(objects: list[object]) -> list[object]:
    """The objects, where there are others than numbers and strings among them."""
    return [] if ATOMS.issuperset(map(type, objects)) else objects


def names_of_code(code: types.CodeType) -> set[str]:
    """Every name that a code object and those inside of it use."""
    names = {*code.co_names, *code.co_freevars}
    for constant in code.co_consts:
        if type(constant) is types.CodeType:
            names |= names_of_code(constant)
    return names


def names_of_tree(tree: AST) -> frozenset[str]:
    """Every name, attribute and imported name that stands in source code."""
    names: set[str] = set()
    for node in walk(tree):
        for told in (getattr(node, one, None) for one in ("id", "attr", "name", "asname", "module", "rest")):
            if type(told) is str:
                names |= {told, *told.split(".")}
    return frozenset(names)


def others_run(probe: Probe, known_threads: Iterable[int]) -> bool:
    """Whether other threads or tasks of user code may be changing things while steps run."""
    active: dict[int, Any] = getattr(sys.modules.get("threading"), "_active", {})
    known = {get_ident(), *known_threads}
    for number, thread in list(active.items()):
        target = getattr(thread, "_target", None)
        modules = (type(thread).__module__, str(getattr(target, "__module__", "")))
        if number not in known and not any(_serves_a_library(module) for module in modules):
            return True
    asyncio: Any = sys.modules.get("asyncio")
    if asyncio is None or not hasattr(asyncio, "all_tasks"):
        return False
    with suppress(RuntimeError):  # no loop runs
        for task in asyncio.all_tasks():
            code = getattr(task.get_coro(), "cr_code", None)
            if code is not None and probe.frames.source(code.co_filename) is not None:
                return True
    return False


def _serves_a_library(module: str) -> bool:
    return module == _FEEDER or module.partition(".")[0] in _OWN_THREADS

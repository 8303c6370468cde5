"""Notes what each import brings, so that it can be undone and done again in a forked process.

Imported before anything is recorded, so it imports nothing that a bare interpreter has not loaded.
"""

from __future__ import annotations

import builtins
import sys
from _frozen_importlib import ModuleSpec
from os import environ

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


class Recorder:
    """A meta path finder that finds what the others find, and notes which module's code asked for it."""

    def __init__(self) -> None:
        self.begun: dict[str, None] = {}
        """Names in the order in which their imports began."""
        self.ended: dict[str, None] = {}
        """Names in the order in which their code had run."""
        self.needs: dict[str, list[str]] = {}
        self.filters: dict[str, list[Any]] = {}
        self.variables: dict[str, dict[str, tuple[str | None, str | None]]] = {}
        self._running: list[str] = []
        self._finding: set[str] = set()
        self._known = len(sys.modules)
        self.finders: dict[str, list[Any]] = {}
        self._before: list[tuple[dict[str, str], list[Any], list[Any]]] = []
        """For each module whose code is running: environment, warning filters and meta path when it began."""
        self._plain = builtins.__import__
        self._watched = _watched(self.note)
        self._specs: list[ModuleSpec] = []

    def install(self) -> None:
        """Record from now on."""
        sys.meta_path.insert(0, self)
        builtins.__import__ = self._import

    def uninstall(self) -> None:
        """Record no more."""
        sys.meta_path.remove(self)
        builtins.__import__ = self._plain
        for spec in self._specs:
            spec.__class__ = ModuleSpec

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        """The spec that the others find, its loader told to say when the module's code begins and ends."""
        if name in self._finding:
            return None
        self._finding.add(name)
        try:
            specs = (finder.find_spec(name, path, target) for finder in list(sys.meta_path) if finder is not self)
            spec = next((spec for spec in specs if spec is not None), None)
        finally:
            self._finding.discard(name)
        if spec is None:
            return None
        self.note(name)
        self.begun.setdefault(name)
        if type(spec) is ModuleSpec:
            spec.__class__ = self._watched
            self._specs.append(spec)
        loader: Any = spec.loader
        if isinstance(loader, type) or not hasattr(loader, "exec_module"):
            self.ended.setdefault(name)  # built in, frozen, or a folder without code
        else:
            self._watch(loader, name)
        return spec

    def _watch(self, loader: Any, name: str) -> None:
        plain_create, plain_exec = loader.create_module, loader.exec_module

        def create_module(spec: Any) -> Any:
            # The code of extension modules may run here already.
            self._running.append(name)
            self._before.append((dict(environ), _filters(), list(sys.meta_path)))
            try:
                return plain_create(spec)
            except BaseException:
                self._end(name, loader)
                raise

        def exec_module(module: Any) -> None:
            try:
                plain_exec(module)
            finally:
                self._end(name, loader)

        loader.create_module, loader.exec_module = create_module, exec_module

    def _end(self, name: str, loader: Any) -> None:
        vars(loader).pop("create_module", None)
        vars(loader).pop("exec_module", None)
        if len(sys.modules) != self._known:
            for other in sys.modules:  # modules that were put there by hand
                if other not in self.begun:
                    self.begun.setdefault(other)
                    self.note(other)
            self._known = len(sys.modules)
        if hasattr(sys.modules.get(name), "__file__") and not str(sys.modules[name].__file__).endswith(".py"):
            self._note_held(name)
        self._running.pop()
        self.ended.setdefault(name)
        self._note_effects(name, *self._before.pop())

    def _note_effects(self, name: str, environment: dict[str, str], filters: list[Any], finders: list[Any]) -> None:
        """What a module's code did beside what modules did that it imported."""
        now, told = dict(environ), {each for changes in self.variables.values() for each in changes}
        changed = {each for each in {*now, *environment} if now.get(each) != environment.get(each)}
        if changed - told:
            self.variables[name] = {each: (environment.get(each), now.get(each)) for each in sorted(changed - told)}
        found = _filters()
        more = len(found) - len(filters)
        if more > 0 and found[more:] == filters:
            others = [each for added in self.filters.values() for each in added]
            self.filters[name] = [each for each in found[:more] if each not in others]
        known = [each for added in self.finders.values() for each in added]
        if new := [each for each in sys.meta_path if each not in finders and each not in known]:
            self.finders[name] = new

    def _note_held(self, name: str) -> None:
        """Compiled code imports from packages without ``__import__``; it keeps modules, or what they define."""
        for value in list(vars(sys.modules[name]).values()):
            holder = getattr(value, "__name__" if isinstance(value, type(sys)) else "__module__", None)
            if isinstance(holder, str) and holder in sys.modules and holder != name:
                self.note(holder)

    def undo_effects(self, environment: dict[str, str], filters: list[Any]) -> None:
        """The process as it was."""
        environ.clear()
        environ.update(environment)
        added = [each for finders in self.finders.values() for each in finders]
        sys.meta_path[:] = [finder for finder in sys.meta_path if finder not in added]
        if "warnings" in sys.modules:
            warnings: Any = sys.modules["warnings"]
            warnings.filters[:] = filters
            warnings._filters_mutated()  # noqa: SLF001 - what its own functions call

    def note(self, name: str) -> None:
        """The code that runs has asked for a module."""
        if self._running and self._running[-1] != name:
            self.needs.setdefault(self._running[-1], []).append(name)

    def _import(self, name: str, globals: Any = None, locals: Any = None, fromlist: Any = (), level: int = 0) -> Any:  # noqa: A002
        module = self._plain(name, globals, locals, fromlist, level)
        if self._running:
            full = name
            if level:
                package = (globals or {}).get("__package__") or ""
                base = package.rsplit(".", level - 1)[0] if level > 1 else package
                full = f"{base}.{name}" if name else base
            for each in (full, *(f"{full}.{item}" for item in fromlist or () if isinstance(item, str))):
                if each in sys.modules:
                    self.note(each)
        return module


def _filters() -> list[Any]:
    return list(getattr(sys.modules.get("warnings"), "filters", []))


def _watched(note: Callable[[str], None]) -> type[ModuleSpec]:
    """Specs that note who imports their modules again.

    Any import of a module that is there already, by Python or by compiled code, asks its spec whether it is complete.
    """

    def asked(spec: ModuleSpec) -> bool:
        note(spec.name)
        return bool(vars(spec).get("_initializing", False))

    def told(spec: ModuleSpec, value: bool) -> None:  # noqa: FBT001 - a property's setter
        vars(spec)["_initializing"] = value

    return type("Watched", (ModuleSpec,), {"_initializing": property(asked, told)})

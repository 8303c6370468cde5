"""Modules that were imported before the process was forked, hidden until the subject imports them.

A forked process begins with the ``sys.modules`` of a fresh one. What was imported in advance is put there when an
import asks for it, with everything that its own import would have brought, and with what that import does to the
process: warning filters, finders, variables of the environment. So code that asks what is loaded gets the answer of a
fresh process.
"""

from __future__ import annotations

import sys
from contextlib import contextmanager
from importlib.machinery import ModuleSpec, PathFinder
from os import environ

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from typing import Any, Protocol

    class Notes(Protocol):
        """What imports did."""

        @property
        def needs(self) -> Mapping[str, Sequence[str]]:
            """What each module imported while its code ran, hidden or not."""

        @property
        def ended(self) -> Iterable[str]:
            """Names in the order in which their code had run."""

        @property
        def filters(self) -> Mapping[str, Sequence[Any]]:
            """Warning filters that a module's code put before the others."""

        @property
        def finders(self) -> Mapping[str, Sequence[Any]]:
            """What it added to ``sys.meta_path``."""

        @property
        def variables(self) -> Mapping[str, Mapping[str, tuple[str | None, str | None]]]:
            """What it did to variables of the environment: value before and after."""


class Preloaded:
    """Hidden modules, and what is needed to bring them back."""

    def __init__(self, modules: Mapping[str, Any], notes: Notes) -> None:
        """Take the modules out of their packages; whoever calls takes them out of ``sys.modules``.

        Args:
            modules: the hidden ones by name, in the order in which their imports began.
            notes: of what their imports did.
        """
        self.modules = dict(modules)
        """By name, hidden or brought back."""
        self._notes = notes
        self._begun = {name: number for number, name in enumerate(modules)}
        self._ended = {name: number for number, name in enumerate(notes.ended)}
        self._detached = self._detach()
        # The probes hold functions as they were, wherever they are loaded.
        own = __name__.partition(".")[0]
        others = {name: module for name, module in self.modules.items() if name.partition(".")[0] != own}
        self._holders = _holders(others)

    def __contains__(self, name: str) -> bool:
        """Whether a module is there and hidden."""
        return name in self.modules and name not in sys.modules

    def spec(self, name: str, hooks: Mapping[str, Callable[[Any], None]]) -> ModuleSpec | None:
        """What makes the import system bring a hidden module back; then the hooks of all that came with it run.

        None where the subject's path leads to another module of that name. Folders are looked at as in any import.
        """
        module = self.modules[name]
        own: Any = getattr(module, "__spec__", None)
        if "." not in name and getattr(own, "has_location", False):
            found = PathFinder.find_spec(name)
            if found is None or found.origin != own.origin:
                return None
        loader: Any = Returning(self, module, own, hooks)
        return ModuleSpec(name, loader)

    def bring_back(self, name: str, hooks: Mapping[str, Callable[[Any], None]]) -> None:
        """Put a module's needs into ``sys.modules``, as its own import would have done."""
        needed = self._needed(name)
        came = [each for each in sorted(needed, key=self._begun.__getitem__) if each == name or each not in sys.modules]
        for each in came:
            sys.modules.setdefault(each, self.modules[each])
        for each in came:
            package, _, child = each.rpartition(".")
            if each in self._detached and package in sys.modules:
                setattr(sys.modules[package], child, self.modules[each])
        last = len(self._ended)
        came.sort(key=lambda each: self._ended.get(each, last))
        for each in came:
            self._do_again(each)
        for each in came:
            if each in hooks:
                parent: Any = sys.modules.get(each.rpartition(".")[0])
                with self.followed([self.modules[each], *([] if parent is None else [parent])]):
                    hooks[each](self.modules[each])

    @contextmanager
    def followed(self, owners: Iterable[Any]) -> Iterator[None]:
        """Where functions of these modules are replaced, replace them in hidden modules that imported them by name.

        In a fresh process that is so for modules that go on after the owner's code has run, packages of its own too;
        not for those that had ended by then.
        """
        before = [(owner, dict(vars(owner))) for owner in owners]
        yield
        for owner, names in before:
            now = vars(owner)
            changed = [(old, now[name]) for name, old in names.items() if name in now and now[name] is not old]
            after = self._ended.get(getattr(owner, "__name__", ""), -1)
            for old, new in changed:
                self._rebind(old, new, after)

    def _rebind(self, old: object, new: object, after: int) -> None:
        last = len(self._ended)
        for module, name in self._holders.get(id(old), ()):
            namespace = vars(self.modules[module])
            if self._ended.get(module, last) > after and namespace.get(name) is old:
                namespace[name] = new

    def _needed(self, name: str) -> set[str]:
        """The module and everything hidden that its import brings."""
        found, waiting = set(), [name]
        while waiting:
            each = waiting.pop()
            if each in found or each not in self.modules:
                continue
            found.add(each)
            waiting += self._notes.needs.get(each, ())
            waiting.append(each.rpartition(".")[0])
        return found

    def _detach(self) -> frozenset[str]:
        """Take modules that their package does not import itself off the package: that is what their import adds."""
        detached = set()
        for name, module in self.modules.items():
            package, _, child = name.rpartition(".")
            holder: Any = self.modules.get(package, sys.modules.get(package))
            if holder is None or vars(holder).get(child) is not module or name in self._needed(package):
                continue
            delattr(holder, child)
            detached.add(name)
        return frozenset(detached)

    def _do_again(self, name: str) -> None:
        """What the module's code did to the process."""
        for variable, (before, after) in self._notes.variables.get(name, {}).items():
            if environ.get(variable) == before:
                if after is None:
                    del environ[variable]
                else:
                    environ[variable] = after
        sys.meta_path += self._notes.finders.get(name, ())
        added = self._notes.filters.get(name)
        if added:
            import warnings

            warnings.filters[:0] = added  # type: ignore[index]
            warnings._filters_mutated()  # type: ignore[attr-defined]  # noqa: SLF001 - what its own functions call


class Returning:
    """A loader that returns a hidden module instead of running its code again."""

    def __init__(
        self, preloaded: Preloaded, module: Any, spec: Any, hooks: Mapping[str, Callable[[Any], None]]
    ) -> None:
        self._preloaded = preloaded
        self._module = module
        self._spec = spec
        self._hooks = hooks

    def create_module(self, spec: ModuleSpec) -> Any:  # noqa: ARG002 - the import system's protocol
        """The module as it is."""
        return self._module

    def exec_module(self, module: Any) -> None:
        """Everything that its import would bring."""
        name = module.__spec__.name
        module.__spec__ = self._spec
        self._preloaded.bring_back(name, self._hooks)


def _holders(modules: Mapping[str, Any]) -> dict[int, list[tuple[str, str]]]:
    """The number of each function -> modules and names that hold it."""
    found: dict[int, list[tuple[str, str]]] = {}
    for name, module in modules.items():
        for attribute, value in list(vars(module).items()):
            if callable(value):
                found.setdefault(id(value), []).append((name, attribute))
    return found

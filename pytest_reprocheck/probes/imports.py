"""Hooks that run right after a named module was imported, so that only libraries the subject uses are touched."""

from __future__ import annotations

import sys
from _thread import get_ident

from .frames import without_this_frame

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType
    from typing import Any

    from .preloaded import Preloaded


def combined(*groups: Mapping[str, Callable[[Any], None]]) -> dict[str, Callable[[Any], None]]:
    """One hook for each module, which runs those of all groups in their order."""
    names = {name for group in groups for name in group}
    return {name: _in_order([group[name] for group in groups if name in group]) for name in sorted(names)}


def _in_order(hooks: Sequence[Callable[[Any], None]]) -> Callable[[Any], None]:
    def run(module: Any) -> None:
        for hook in hooks:
            hook(module)

    return run


class ImportHooks:
    """A meta path finder that finds what the others find, and runs the hooks once the module's own code has run."""

    def __init__(self, hooks: dict[str, Callable[[Any], None]], preloaded: Preloaded | None = None) -> None:
        """Hooks.

        Args:
            hooks: what is done to each module.
            preloaded: modules that are brought back instead of being imported.
        """
        self._hooks = hooks
        self._preloaded = preloaded
        self._finding: set[tuple[int, str]] = set()

    def install(self) -> None:
        """Run the hooks of modules that are there already, then watch for the others."""
        for name in self._hooks:
            module = sys.modules.get(name)
            if module is not None:
                self._hooks[name](module)
        sys.meta_path.insert(0, self)

    def uninstall(self) -> None:
        """Watch no more."""
        if self in sys.meta_path:
            sys.meta_path.remove(self)

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """The spec that the other finders give, its loader told to run the hook."""
        if self._preloaded is not None and name in self._preloaded:
            hidden = self._preloaded.spec(name, self._hooks)
            if hidden is not None:
                return hidden
        key = (get_ident(), name)
        if name not in self._hooks or key in self._finding:
            return None
        self._finding.add(key)
        try:
            spec = _found_by_others(self, name, path, target)
        finally:
            self._finding.discard(key)
        if spec is not None and spec.loader is not None and hasattr(spec.loader, "__dict__"):
            _after_exec(spec.loader, self._hooks[name])
        return spec


class BeforeImport:
    """A meta path finder that finds nothing, but acts before a named module is loaded."""

    def __init__(self, name: str, action: Callable[[], object]) -> None:
        self._name = name
        self._action = action

    def install(self) -> None:
        """Watch for the module."""
        sys.meta_path.insert(0, self)

    def uninstall(self) -> None:
        """Watch no more."""
        if self in sys.meta_path:
            sys.meta_path.remove(self)

    def find_spec(self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None) -> None:  # noqa: ARG002
        """Act, and leave the finding to the others."""
        if name == self._name:
            self._action()


def _found_by_others(
    own: ImportHooks, name: str, path: Sequence[str] | None, target: ModuleType | None
) -> ModuleSpec | None:
    for finder in list(sys.meta_path):
        find_spec = getattr(finder, "find_spec", None)
        if finder is not own and find_spec is not None:
            spec: ModuleSpec | None = find_spec(name, path, target)
            if spec is not None:
                return spec
    return None


def _after_exec(loader: Any, hook: Callable[[Any], None]) -> None:
    """Shadow the loader's ``exec_module`` once; a loader that is a class (built-in modules) is left alone."""
    if isinstance(loader, type):
        return
    plain = loader.exec_module

    def exec_module(module: ModuleType) -> None:
        vars(loader).pop("exec_module", None)
        try:
            plain(module)
        except BaseException as error:
            # A bare raise adds no frame of its own: the traceback is as if nothing stood between.
            without_this_frame(error)
            raise
        hook(module)

    loader.exec_module = exec_module

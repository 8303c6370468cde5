"""The user's own classes that learn and predict without deriving from scikit-learn's."""

from __future__ import annotations

import sys
from types import FunctionType

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from .probe import Probe

_USES = frozenset({"fit_predict", "fit_transform", "predict", "predict_proba", "score", "transform"})


class OwnClasses:
    """Finds such classes at each step's end, in ``__main__`` and in the user's modules."""

    def __init__(self, probe: Probe, watch: Callable[[type], None]) -> None:
        self._probe = probe
        self._watch = watch
        self._modules: set[str] = set()
        self._known: set[int] = set()

    def end_step(self) -> None:
        """Watch the classes defined since the last step."""
        for kind in self._classes():
            if id(kind) not in self._known:
                self._known.add(id(kind))
                if self._learns(kind):
                    self._watch(kind)

    def _classes(self) -> Iterator[Any]:
        for name in ["__main__", *sorted(sys.modules.keys() - self._modules - {"__main__"})]:
            self._modules.add(name)
            module = sys.modules.get(name)
            file = getattr(module, "__file__", None)
            if name == "__main__" or (isinstance(file, str) and self._probe.frames.source(file) is not None):
                for value in list(vars(module).values()):
                    if isinstance(value, type) and self._probe.is_user_class(value):
                        yield value

    def _learns(self, kind: Any) -> bool:
        """Whether a class has ``fit`` with something to learn from, and uses what it learned; all of it its own."""
        if any(not self._probe.is_user_class(base) for base in kind.__mro__[:-1]):
            return False
        fit = getattr(kind, "fit", None)
        if not isinstance(fit, FunctionType) or fit.__code__.co_argcount < 2:
            return False
        return any(isinstance(getattr(kind, name, None), FunctionType) for name in _USES)

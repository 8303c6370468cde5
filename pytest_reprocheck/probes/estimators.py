"""Fits and predictions of scikit-learn's API, seen through a descriptor in place of the methods.

Nothing else about the classes changes: on the class the method is the original function, on an instance it has the
original's name, signature and source, it pickles as the original, and methods that are only sometimes available stay
so. Classes of other libraries that learn and predict in their own manner are watched in the same way.
"""

from __future__ import annotations

import functools
from contextlib import suppress
from operator import getitem
from types import FunctionType, MethodType

from .watching import Around

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from types import FrameType
    from typing import Any

    from .probe import Probe
    from .watching import Watcher

    Given = tuple[Sequence[str], Sequence[Any], dict[str, Any]]
    """Names of positional parameters after the object, arguments by position with the object first, those by name."""
    BeforeMethod = Callable[[Any, str, FrameType, Given], Callable[[Any], None] | None]
    """Takes the object, the method's name, the caller's frame and the arguments."""

FITS = frozenset({"fit", "partial_fit", "fit_transform", "fit_predict", "fit_resample"})
"""Methods in which an estimator learns."""
METHODS = FITS | {
    "apply",
    "decision_function",
    "decision_path",
    "inverse_transform",
    "kneighbors",
    "kneighbors_graph",
    "predict",
    "predict_log_proba",
    "predict_proba",
    "radius_neighbors",
    "radius_neighbors_graph",
    "sample",
    "sample_y",
    "score",
    "score_samples",
    "staged_decision_function",
    "staged_predict",
    "staged_predict_proba",
    "staged_score",
    "transform",
}
"""Methods of estimators that are recorded."""
SPLITS = frozenset({"split"})
"""Methods of splitters that are recorded."""


class Method:
    """The descriptor in place of a method."""

    def __init__(self, original: Any, name: str, watcher: Watcher, before: BeforeMethod) -> None:
        self._original = original
        self._name = name
        self._watcher = watcher
        self._before = before
        self._get = original.__get__
        self._is_function = type(original) is FunctionType
        self._call: Around | None = None

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        if instance is None or not self._watcher.recording():
            return self._get(instance, owner)
        call = self._call
        if call is not None and self._is_function:
            return MethodType(call, instance)
        bound = self._get(instance, owner)
        if type(bound) is not MethodType:
            return bound
        function = bound.__func__
        if call is None or call.__wrapped__ is not function:
            # A function made anew at each access (by a conditional method) takes the place of the last one.
            call = self._call = Around(function, self._with_names(function), self._watcher)
        return MethodType(call, instance)

    def _with_names(self, function: Any) -> Callable[..., Any]:
        names = _parameters(function)

        def before(frame: FrameType, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
            return self._before(args[0], self._name, frame, (names, args, kwargs))

        return before

    def __getattr__(self, name: str) -> Any:
        return getattr(self.__dict__["_original"], name)

    def __reduce__(self) -> Any:
        return getitem, ((self._original,), 0)


def by_name(given: Given) -> dict[str, Any]:
    """The arguments of a call of a method by their names."""
    names, args, kwargs = given
    return {**dict(zip(names, args[1:], strict=False)), **kwargs}


def install(probe: Probe, module: Any, watcher: Watcher, before: BeforeMethod) -> None:
    """Put descriptors on every class of ``sklearn.base`` and its descendants, now and as they are defined."""
    base = module.BaseEstimator
    put = functools.partial(put_on, probe, watcher=watcher, before=before)
    watch_descendants(probe, base, put)
    _watch_output_wrapping(probe, module, base, put)


def install_splitters(probe: Probe, module: Any, watcher: Watcher, before: BeforeMethod) -> None:
    """Put descriptors on the splitters of ``sklearn.model_selection._split``, which are no estimators."""
    for kind in list(vars(module).values()):
        if isinstance(kind, type) and kind.__module__ == module.__name__ and "split" in vars(kind):
            put_on(probe, kind, watcher=watcher, before=before, names=SPLITS)


def watch_descendants(probe: Probe, base: Any, put: Callable[[type], None]) -> None:
    """See a class and every class derived from it, now and as they are defined."""
    inherited = vars(base).get("__init_subclass__")

    def init_subclass(cls: Any, /, **kwargs: Any) -> None:
        if inherited is not None:
            inherited.__get__(None, cls)(**kwargs)
        else:
            super(base, cls).__init_subclass__(**kwargs)
        put(cls)

    probe.replace(base, "__init_subclass__", classmethod(init_subclass))
    for kind in _descendants(base):
        put(kind)


def _watch_output_wrapping(probe: Probe, module: Any, base: type, put: Callable[[type], None]) -> None:
    """Sklearn's ``set_output`` mixin wraps ``transform`` after the class was seen; it is seen again afterwards."""
    mixin = next((kind for kind in module.TransformerMixin.__mro__ if "__init_subclass__" in vars(kind)), None)
    if mixin is None:
        return
    plain = vars(mixin)["__init_subclass__"]

    def init_subclass(cls: Any, /, *args: Any, **kwargs: Any) -> None:
        plain.__get__(None, cls)(*args, **kwargs)
        if issubclass(cls, base):
            put(cls)

    functools.update_wrapper(init_subclass, plain.__func__)
    probe.replace(mixin, "__init_subclass__", classmethod(init_subclass))


def put_on(
    probe: Probe, kind: type, *, watcher: Watcher, before: BeforeMethod, names: frozenset[str] = METHODS
) -> None:
    """Put descriptors on the methods of these names, wherever in its bases a class has them from."""
    for owner in kind.__mro__[:-1]:
        own = vars(owner)
        for name in names & own.keys():
            original = own[name]
            if isinstance(original, Method) or getattr(original, "__isabstractmethod__", False):
                continue
            if isinstance(original, FunctionType) or type(original).__name__ == "_AvailableIfDescriptor":
                with suppress(TypeError):  # a class of an extension module
                    probe.replace(owner, name, Method(original, name, watcher, before))


def _descendants(kind: type) -> Iterator[type]:
    yield kind
    children: list[type] = kind.__subclasses__()
    for child in children:
        yield from _descendants(child)


def _parameters(function: Any) -> tuple[str, ...]:
    """Names of a method's positional parameters after ``self``."""
    while hasattr(function, "__wrapped__"):
        function = function.__wrapped__
    code = function.__code__
    return tuple(code.co_varnames[1 : code.co_argcount])

"""Fits and predictions of scikit-learn's API, seen through a descriptor in place of the methods.

Nothing else about the classes changes: on the class the method is the original function, on an instance it has the
original's name, signature and source, it pickles as the original, and methods that are only sometimes available stay
so.
"""

from __future__ import annotations

import functools
import sys
from _thread import _local
from contextlib import suppress
from operator import getitem
from types import FunctionType, MethodType
from typing import TYPE_CHECKING, Any

from .frames import without_this_frame

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from .probe import Probe

METHODS = (
    "fit",
    "partial_fit",
    "fit_transform",
    "fit_predict",
    "predict",
    "predict_proba",
    "predict_log_proba",
    "decision_function",
    "transform",
    "score",
)


class Watcher:
    """Decides which calls are recorded: those outside of any other recorded call of their thread."""

    def __init__(self, probe: Probe, before_call: Callable[..., Callable[[Any], None] | None]) -> None:
        self._probe = probe
        self._inside = _local()
        self.before_call = before_call

    def recording(self) -> bool:
        """Whether a call that starts now in this thread is to be recorded."""
        return not getattr(self._inside, "calls", 0) and self._probe.watching

    def depth(self, change: int) -> None:
        """A recorded call starts (+1) or ends (-1) in this thread."""
        self._inside.calls = getattr(self._inside, "calls", 0) + change


class Call:
    """Stands for the function inside of a bound method; calls are handed to the recorder."""

    def __init__(self, function: Callable[..., Any], name: str, watcher: Watcher) -> None:
        functools.update_wrapper(self, function)
        self._function = function
        self._method = name
        self._watcher = watcher

    def __call__(self, instance: Any, /, *args: Any, **kwargs: Any) -> Any:
        """Call the function, recorded where it is user code's own call."""
        __tracebackhide__ = True
        watcher = self._watcher
        after = None
        if watcher.recording():
            after = watcher.before_call(instance, self._method, sys._getframe(1), args, kwargs)  # noqa: SLF001
        watcher.depth(+1 if after is not None else 0)
        try:
            result = self._function(instance, *args, **kwargs)
        except BaseException as error:
            # A bare raise adds no frame of its own: the traceback is as if nothing stood between.
            without_this_frame(error)
            raise
        finally:
            watcher.depth(-1 if after is not None else 0)
        if after is not None:
            after(result)
        return result

    def __getattr__(self, name: str) -> Any:
        return getattr(self.__dict__["_function"], name)

    def __reduce__(self) -> Any:
        return getitem, ((self._function,), 0)


class Method:
    """The descriptor in place of a method."""

    def __init__(self, original: Any, name: str, watcher: Watcher) -> None:
        self._original = original
        self._name = name
        self._watcher = watcher
        self._calls: dict[int, Call] = {}

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        bound = self._original.__get__(instance, owner)
        if instance is None or type(bound) is not MethodType or not self._watcher.recording():
            return bound
        function = bound.__func__
        call = self._calls.get(id(function))
        if call is None or call.__wrapped__ is not function:
            # A function made anew at each access (by a conditional method) takes the place of the last one.
            self._calls.clear()
            call = self._calls[id(function)] = Call(function, self._name, self._watcher)
        return MethodType(call, instance)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.__dict__["_original"], name)

    def __reduce__(self) -> Any:
        return getitem, ((self._original,), 0)


def install(probe: Probe, module: Any, watcher: Watcher) -> None:
    """Put descriptors on every class of ``sklearn.base`` and its descendants, now and as they are defined."""
    base = module.BaseEstimator
    put = functools.partial(_put_on, probe, watcher)
    inherited = vars(base).get("__init_subclass__")

    def init_subclass(cls: Any, /, **kwargs: Any) -> None:
        if inherited is not None:
            inherited.__get__(None, cls)(**kwargs)
        else:
            super(base, cls).__init_subclass__(**kwargs)
        put(cls)

    probe.replace(base, "__init_subclass__", classmethod(init_subclass))
    _watch_output_wrapping(probe, module, base, put)
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


def _put_on(probe: Probe, watcher: Watcher, kind: type) -> None:
    for owner in kind.__mro__[:-1]:
        for name in METHODS:
            original = vars(owner).get(name)
            if original is None or isinstance(original, Method) or getattr(original, "__isabstractmethod__", False):
                continue
            if isinstance(original, FunctionType) or type(original).__name__ == "_AvailableIfDescriptor":
                with suppress(TypeError):  # a class of an extension module
                    probe.replace(owner, name, Method(original, name, watcher))


def _descendants(kind: type) -> Iterator[type]:
    yield kind
    children: list[type] = kind.__subclasses__()
    for child in children:
        yield from _descendants(child)

"""Public functions of scikit-learn that user code calls: scores, cross-validation, splits, transforms.

All of them are made by one decorator, which checks their parameters; what records their calls is put behind it. So
the functions that everybody imports by name stay the same objects.
"""

from __future__ import annotations

import functools
import sys
from types import FunctionType

from .fits import Call
from .watching import Around

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import FrameType
    from typing import Any

    from .fits import Fits
    from .probe import Probe
    from .watching import Watcher

_ASPECTS = {
    "cluster": "training",
    "covariance": "training",
    "decomposition": "training",
    "feature_extraction": "features",
    "feature_selection": "features",
    "impute": "features",
    "inspection": "predictions",
    "isotonic": "training",
    "linear_model": "training",
    "manifold": "features",
    "metrics": "predictions",
    "model_selection": "predictions",
    "preprocessing": "features",
    "random_projection": "features",
    "svm": "training",
    "utils": "state",
}
"""The aspect of what the functions of a package give back; others (data sets, plots, texts of trees) are seen by what
becomes of it."""
_SPLITS = frozenset({"train_test_split"})
"""Intermediate results, which only help to locate."""
_NOT_RECORDED = frozenset({"check_cv", "check_scoring", "get_scorer", "make_scorer"})
"""Functions that give back no data."""


def install(probe: Probe, module: Any, fits: Fits, watcher: Watcher) -> None:
    """Watch what ``validate_params`` of ``sklearn.utils._param_validation`` decorates from now on."""
    plain = module.validate_params
    watch = probe.guarded("functions of scikit-learn", functools.partial(_watch, probe, fits, watcher))

    @functools.wraps(plain)
    def validate_params(*args: Any, **kwargs: Any) -> Any:
        decorator = plain(*args, **kwargs)

        def decorate(function: Any) -> Any:
            decorated = decorator(function)
            watch(function, decorated)
            return decorated

        return decorate

    probe.replace(module, "validate_params", validate_params)
    loaded = {**probe.hidden, **sys.modules}
    for name in [name for name in loaded if name.startswith("sklearn.")]:
        for function in list(vars(loaded[name]).values()):
            if isinstance(function, FunctionType) and function.__module__ == name:
                watch(getattr(function, "__wrapped__", None), function)


def _watch(probe: Probe, fits: Fits, watcher: Watcher, function: Any, decorated: FunctionType) -> None:
    if function is None or isinstance(function, Around) or function.__name__.startswith("_"):
        return
    package = (function.__module__ or "").split(".")[1:2]
    aspect = _ASPECTS.get(package[0]) if package else None
    names = decorated.__code__.co_freevars
    if aspect is None or function.__name__ in _NOT_RECORDED or "func" not in names:
        return
    cell = (decorated.__closure__ or ())[names.index("func")]
    aspect = "state" if function.__name__ in _SPLITS else aspect
    before = _before(fits, function, aspect)
    cell.cell_contents = Around(function, probe.guarded("functions of scikit-learn", before), watcher)

    def undo() -> None:
        cell.cell_contents = function

    probe.undo(undo)


def _before(fits: Fits, function: Any, aspect: str) -> Callable[..., Callable[[Any], None] | None]:
    code = function.__code__
    names = code.co_varnames[: code.co_argcount]

    def before(frame: FrameType, args: Sequence[Any], kwargs: dict[str, Any]) -> Callable[[Any], None] | None:
        origin = fits.caller(frame)
        if origin is None:
            return None
        # The first frame is the decorator's; a function that another of the library's calls is that one's own business.
        if any(str(each.f_globals.get("__name__")).startswith("sklearn.") for each in origin.library[1:]):
            return None
        given = {**dict(zip(names, args, strict=False)), **kwargs} if "estimator" in names else {}
        call = Call(what=function.__name__, user=origin.user, data=given, aspect=aspect)
        return fits.before(call)

    return before

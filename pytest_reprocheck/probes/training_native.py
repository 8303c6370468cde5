"""Training by functions and classes that do not follow scikit-learn: LightGBM, XGBoost, CatBoost, statsmodels."""

from __future__ import annotations

import functools
from types import FunctionType

from .estimators import METHODS, by_name, put_on, watch_descendants
from .fits import Call
from .watching import watch_function

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from types import FrameType
    from typing import Any

    from .estimators import BeforeMethod, Given
    from .fits import Fits
    from .probe import Probe
    from .watching import Watcher

_BOOSTER = frozenset({"predict", "inplace_predict", "refit", "eval"})
_FITS = frozenset({"fit", "fit_regularized", "fit_constrained"})
_RESULTS = frozenset({"predict", "forecast", "simulate"})
_LEARNED = ("params", "bse", "scale", "llf")
"""What results of statsmodels tell, where it is there without being computed for us."""


class Native:
    """Watches such libraries as they are imported."""

    def __init__(self, probe: Probe, fits: Fits, watcher: Watcher, before: BeforeMethod) -> None:
        self._probe = probe
        self._fits = fits
        self._watcher = watcher
        self._before = before

    def hooks(self) -> dict[str, Callable[[Any], None]]:
        """What is done after each of these modules was imported."""
        return {
            "lightgbm.engine": functools.partial(self._functions, names=("train", "cv")),
            "lightgbm.basic": functools.partial(self._class, name="Booster", methods=_BOOSTER),
            "xgboost.training": functools.partial(self._functions, names=("train", "cv")),
            "xgboost.core": functools.partial(self._class, name="Booster", methods=_BOOSTER),
            "catboost.core": self._catboost,
            "statsmodels.base.model": self._statsmodels,
        }

    def _functions(self, module: Any, *, names: Sequence[str]) -> None:
        library = module.__name__.partition(".")[0]
        for name in names:
            function = getattr(module, name, None)
            if isinstance(function, FunctionType):
                before = functools.partial(self._trains, f"{library}.{name}", _parameters(function))
                watch_function(self._probe, function, self._probe.guarded("training", before), self._watcher)

    def _class(self, module: Any, *, name: str, methods: frozenset[str]) -> None:
        kind = getattr(module, name)
        put_on(self._probe, kind, watcher=self._watcher, before=self._before, names=methods)

    def _catboost(self, module: Any) -> None:
        self._functions(module, names=("train", "cv"))
        put = functools.partial(put_on, self._probe, watcher=self._watcher, before=self._before, names=METHODS)
        watch_descendants(self._probe, module.CatBoost, put)

    def _statsmodels(self, module: Any) -> None:
        fitting = self._probe.guarded("fits of statsmodels", self._fits_model)
        put = functools.partial(put_on, self._probe, watcher=self._watcher, before=fitting, names=_FITS)
        watch_descendants(self._probe, module.Model, put)
        put = functools.partial(put_on, self._probe, watcher=self._watcher, before=self._before, names=_RESULTS)
        watch_descendants(self._probe, module.Results, put)

    def _trains(
        self, what: str, names: Sequence[str], frame: FrameType, args: Sequence[Any], kwargs: Mapping[str, Any]
    ) -> Callable[[Any], None] | None:
        """A function that gives a booster or the scores of a cross-validation."""
        origin = self._fits.caller(frame)
        if origin is None:
            return None
        given = {**dict(zip(names, args, strict=False)), **kwargs}
        stack = self._probe.frames.stack(origin.user)
        for name, value in given.items():
            if name == "params":
                self._probe.observe("training", f"{what} parameters", self._probe.encode(value), stack=stack)
            elif name in {"train_set", "dtrain", "pool", "valid_sets", "evals", "eval_set"} and value:
                self._probe.observe("features", f"{what} {name}", self._probe.encode(value), stack=stack)
        return self._fits.before(Call(what=what, user=origin.user, data={}, aspect="training"))

    def _fits_model(self, model: Any, method: str, frame: FrameType, given: Given) -> Callable[[Any], None] | None:
        """A model of statsmodels has its data from the start, and what it learned is in what ``fit`` gives back."""
        origin = self._fits.caller(frame)
        if origin is None:
            return None
        what, stack = f"{type(model).__name__}.{method}", self._probe.frames.stack(origin.user)
        for name in ("exog_names", "exog", "endog"):
            value = getattr(model, name, None)
            if value is not None:
                shown = "feature names" if name == "exog_names" else name
                self._probe.observe("features", f"{what} {shown}", self._probe.encode(value), stack=stack)
        settings = {name: value for name, value in by_name(given).items() if not callable(value)}
        self._probe.observe("training", f"{what} parameters", self._probe.encode(settings), stack=stack)

        def results(result: Any) -> None:
            inner = getattr(result, "_results", result)
            own = getattr(inner, "__dict__", {})
            fields = {name: own[name] for name in _LEARNED if name in own}
            learned = self._probe.encode_fields(type(inner).__name__, fields)
            self._probe.observe("training", f"{what} results", learned, stack=stack)

        return self._probe.guarded("fits of statsmodels", results)


def _parameters(function: Any) -> tuple[str, ...]:
    while hasattr(function, "__wrapped__"):
        function = function.__wrapped__
    return tuple(function.__code__.co_varnames[: function.__code__.co_argcount])

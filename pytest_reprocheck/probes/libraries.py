"""Draws, fits and predictions of libraries: what watches them is loaded when the first of them is imported."""

from __future__ import annotations

import functools

from . import entropy
from .own_classes import OwnClasses

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from .estimators import BeforeMethod
    from .fits import Fits
    from .numpy_random import GlobalState
    from .probe import Probe
    from .torch_random import DefaultGenerators
    from .training_keras import Keras
    from .training_torch import Training
    from .watching import Watcher

_NATIVE = (
    "catboost.core",
    "lightgbm.basic",
    "lightgbm.engine",
    "statsmodels.base.model",
    "xgboost.core",
    "xgboost.training",
)
_KERAS = ("keras.src.callbacks.callback_list", "keras.src.models.model")


class Libraries:
    """Watches the libraries of one process."""

    def __init__(self, probe: Probe) -> None:
        self._probe = probe
        self._seeded = frozenset(probe.config.get("seeded") or ())
        """Global states that the user seeded before the probes came: they are the user's."""
        self._own_classes = OwnClasses(probe, self._watch_own_class)

    def hooks(self) -> dict[str, Callable[[Any], None]]:
        """What is done after each of these modules was imported."""
        return {
            "random": self._random,
            "uuid": functools.partial(entropy.install_in_uuid, self._probe),
            "polars": functools.partial(entropy.install_in_polars, self._probe),
            "numpy.random.bit_generator": self._numpy_entropy,
            "numpy.random": self._numpy_random,
            "sklearn.utils.validation": self._sklearn_random,
            "sklearn.base": self._estimators,
            "sklearn.model_selection._split": self._splitters,
            "sklearn.utils._param_validation": self._functions,
            "tensorflow.python.framework.random_seed": self._tensorflow,
            "torch": self._torch,
            **dict.fromkeys(_NATIVE, self._native),
            **dict.fromkeys(_KERAS, self._of_keras),
        }

    def ends(self) -> list[Callable[[], None]]:
        """What is done at each step's end, by those that are there."""
        parts = {
            "draws from numpy": "_numpy_state",
            "draws from torch": "_generators",
            "fits": "_fits",
            "training with torch": "_training",
        }
        ends = [self._probe.guarded(what, functools.partial(self._end, part)) for what, part in parts.items()]
        return [*ends, self._probe.guarded("own classes", self._own_classes.end_step)]

    def _end(self, part: str) -> None:
        made = vars(self).get(part)
        if made is not None:
            made.end_step()

    @functools.cached_property
    def _numpy_state(self) -> GlobalState:
        from .numpy_random import GlobalState

        return GlobalState(self._probe)

    @functools.cached_property
    def _generators(self) -> DefaultGenerators:
        from .torch_random import DefaultGenerators

        return DefaultGenerators(self._probe)

    @functools.cached_property
    def _fits(self) -> Fits:
        from .fits import Fits

        return Fits(self._probe)

    @functools.cached_property
    def _watcher(self) -> Watcher:
        from .watching import Watcher

        return Watcher(self._probe)

    @functools.cached_property
    def _training(self) -> Training:
        from .training_torch import Training

        return Training(self._probe, self._fits, self._watcher)

    @functools.cached_property
    def _keras(self) -> Keras:
        from .training_keras import Keras

        return Keras(self._probe, self._fits, self._watcher)

    @functools.cached_property
    def _before(self) -> BeforeMethod:
        before: Any = self._probe.guarded("fits", self._fits.before_method)
        method: BeforeMethod = before
        return method

    def _random(self, module: Any) -> None:
        from . import randomness

        entropy.install_in_random(self._probe, module)
        randomness.install(self._probe, module, seeded="random" in self._seeded)

    def _numpy_entropy(self, module: Any) -> None:
        from . import numpy_random

        numpy_random.install_entropy(self._probe, module)

    def _numpy_random(self, module: Any) -> None:
        if "numpy" not in self._seeded:
            self._numpy_state.install(module)

    def _sklearn_random(self, module: Any) -> None:
        from . import sklearn_random

        sklearn_random.install(self._probe, module, numpy_state=self._numpy_state)

    def _estimators(self, module: Any) -> None:
        from . import estimators

        estimators.install(self._probe, module, watcher=self._watcher, before=self._before)

    def _splitters(self, module: Any) -> None:
        from . import estimators

        estimators.install_splitters(self._probe, module, watcher=self._watcher, before=self._before)

    def _functions(self, module: Any) -> None:
        from . import functions

        functions.install(self._probe, module, fits=self._fits, watcher=self._watcher)

    def _tensorflow(self, module: Any) -> None:
        from . import tensorflow_random

        tensorflow_random.install(self._probe, module)

    def _torch(self, module: Any) -> None:
        if "torch" not in self._seeded:
            self._generators.install(module)
        self._training.install(module)

    def _native(self, module: Any) -> None:
        from .training_native import Native

        Native(self._probe, self._fits, self._watcher, self._before).hooks()[module.__name__](module)

    def _of_keras(self, module: Any) -> None:
        self._keras.hooks()[module.__name__](module)

    def _watch_own_class(self, kind: type) -> None:
        from .estimators import put_on

        put_on(self._probe, kind, watcher=self._watcher, before=self._before)

"""Training and predictions of Keras: data, settings, weights after batches and epochs, history, what models give back.

Weights after batches and epochs are digests, which only help to locate; the weights that a fit ends with, its history,
predictions and scores are compared with their tolerance.
"""

from __future__ import annotations

from .encode_tensors import is_keras_model, variables_of
from .estimators import by_name, put_on, watch_descendants
from .fits import Call
from .records import record
from .watching import afterwards

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType
    from typing import Any

    from .estimators import Given
    from .fits import Fits
    from .probe import Probe
    from .watching import Watcher

_FITS = frozenset({"fit"})
_USES = frozenset({"__call__", "evaluate", "predict", "predict_on_batch", "test_on_batch", "train_on_batch"})
_DATA = frozenset({"x", "y", "sample_weight", "class_weight", "validation_data"})
"""Arguments of a fit that are data."""
_SETTINGS = frozenset({"batch_size", "epochs", "initial_epoch", "shuffle", "steps_per_epoch", "validation_split"})
"""Arguments of a fit that say how it learns."""


@record(kw_only=True, slots=True)
class Learning:
    """A fit under way."""

    digests: list[str]
    """Of the weights: at the start, after batches 1, 2, 4, 8 ... and after epochs."""
    batches: int = 0


class Keras:
    """Watches models as Keras is imported."""

    def __init__(self, probe: Probe, fits: Fits, watcher: Watcher) -> None:
        self._probe = probe
        self._fits = fits
        self._watcher = watcher
        self._learning: dict[int, Learning] = {}
        """Models that learn now, by their identity."""

    def hooks(self) -> dict[str, Callable[[Any], None]]:
        """What is done after each of these modules was imported."""
        return {"keras.src.models.model": self._models, "keras.src.callbacks.callback_list": self._callbacks}

    def _models(self, module: Any) -> None:
        fitting = self._probe.guarded("fits of Keras", self._fitting)
        using = self._probe.guarded("predictions of Keras", self._using)

        def put(kind: type) -> None:
            put_on(self._probe, kind, watcher=self._watcher, before=fitting, names=_FITS)
            put_on(self._probe, kind, watcher=self._watcher, before=using, names=_USES)

        watch_descendants(self._probe, module.Model, put)

    def _callbacks(self, module: Any) -> None:
        kind = module.CallbackList
        after_batch = self._probe.guarded("batches of Keras", self._after_batch)
        after_epoch = self._probe.guarded("epochs of Keras", self._after_epoch)
        self._probe.replace(kind, "on_train_batch_end", afterwards(kind.on_train_batch_end, after_batch))
        self._probe.replace(kind, "on_epoch_end", afterwards(kind.on_epoch_end, after_epoch))

    def _fitting(self, model: Any, method: str, frame: FrameType, given: Given) -> Callable[[Any], None] | None:
        origin = self._fits.caller(frame)
        if origin is None:
            return None
        what, stack = f"{type(model).__name__}.{method}", self._probe.frames.stack(origin.user)
        about = self._fits.about(model)

        def note(aspect: str, name: str, value: object) -> None:
            encoded = self._probe.encode(value)
            self._probe.observe(aspect, f"{what} {name}", encoded, stack=stack, about=about)

        arguments = by_name(given)
        for name in sorted(_DATA & arguments.keys()):
            if arguments[name] is not None:
                note("features", {"x": "X"}.get(name, name), arguments[name])
        settings = {name: arguments[name] for name in sorted(_SETTINGS & arguments.keys())}
        note("training", "parameters", {**settings, **_compiled(model)})
        self._learning[id(model)] = Learning(digests=[self._weights(model)])

        def learned(result: Any) -> None:
            learning = self._learning.pop(id(model), Learning(digests=[]))
            note("state", "weights on the way", learning.digests)
            note("training", "weights", variables_of(model))
            note("training", "history", getattr(result, "history", None))

        return self._probe.guarded("fits of Keras", learned)

    def _using(self, model: Any, method: str, frame: FrameType, given: Given) -> Callable[[Any], None] | None:
        arguments = by_name(given)
        if method == "__call__" and (arguments.get("training") or not _is_used(model, arguments)):
            return None
        origin = self._fits.caller(frame)
        if origin is None:
            return None
        what = f"{type(model).__name__}.{method}"
        call = Call(what=what, user=origin.user, data=arguments, aspect="predictions", estimator=model, method=method)
        return self._fits.before(call)

    def _after_batch(self, callbacks: Any) -> None:
        learning = self._learning.get(id(callbacks.model))
        if learning is None:
            return
        learning.batches += 1
        if not learning.batches & (learning.batches - 1):
            learning.digests.append(self._weights(callbacks.model))

    def _after_epoch(self, callbacks: Any) -> None:
        learning = self._learning.get(id(callbacks.model))
        if learning is not None:
            learning.digests.append(self._weights(callbacks.model))

    def _weights(self, model: Any) -> str:
        return self._probe.digest(variables_of(model), set())


def _is_used(model: Any, arguments: dict[str, Any]) -> bool:
    """Whether a call gives what a model says of data, and makes no part of another model."""
    kinds = {base.__name__ for value in arguments.values() for base in type(value).__mro__}
    return is_keras_model(model) and "KerasTensor" not in kinds


def _compiled(model: Any) -> dict[str, object]:
    """How a model is told to learn, as far as that is plain: the optimizer's settings, the names of the loss."""
    optimizer: Any = getattr(model, "optimizer", None)
    loss = getattr(model, "loss", None)
    told: dict[str, object] = {"loss": loss if isinstance(loss, str) else type(loss).__name__}
    if type(optimizer).__module__.startswith("keras."):
        told["optimizer"] = {"name": type(optimizer).__name__, **optimizer.get_config()}
    return told

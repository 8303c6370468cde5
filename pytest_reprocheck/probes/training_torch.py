"""Training and predictions of torch: parameters as an optimizer changes them, losses, batches, modules' results.

What goes on inside of training (parameters after steps, batches) is told by digests, which only help to locate;
parameters as they are at a step's end of the log, losses and predictions are compared with their tolerance. Nothing
waits for a GPU at each step: losses are read, and parameters hashed, at a few steps and at the end.
"""

# Callers' frames have no public name.
# ruff: noqa: SLF001

from __future__ import annotations

import functools
import sys
from dataclasses import dataclass, field
from weakref import ref

from .encoder import Limits
from .fits import Call
from .frames import without_this_frame
from .watching import afterwards, hidden, watch_function

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import FrameType
    from typing import Any

    from .fits import Fits
    from .probe import Probe
    from .watching import Watcher

_SMALL = 2**20
"""Bytes of parameters that are hashed after each of the first steps; larger ones after steps 1, 2, 4, 8 ..."""
_MOST_STEPS = 1000
_MOST_HELD = 1000
"""Losses that may lie on the device before they are read."""


@dataclass(kw_only=True, slots=True)
class Trained:
    """An optimizer since the last step of the log."""

    about: str
    optimizer: Callable[[], Any]
    parameters: list[Any]
    """They live as long as the optimizer does."""
    stack: list[dict[str, Any]] = field(default_factory=list)
    """Where it was last told to step."""
    steps: int = 0
    """In all."""
    digests: list[str] = field(default_factory=list)
    """Of parameters after steps, since the last step of the log."""
    changed: bool = False


@dataclass(kw_only=True, slots=True)
class Series:
    """What came again and again at one line."""

    what: str
    stack: list[dict[str, Any]]
    values: list[Any] = field(default_factory=list)
    """Losses that are not read yet, or digests of batches."""
    read: list[float] = field(default_factory=list)
    """Losses that are read."""


class Training:
    """Follows optimizers, losses and loaders."""

    def __init__(self, probe: Probe, fits: Fits, watcher: Watcher) -> None:
        self._probe = probe
        self._fits = fits
        self._watcher = watcher
        self._torch: Any = None
        self._trained: dict[int, Trained] = {}
        self._counts: dict[str, int] = {}
        self._losses: dict[tuple[str, int], Series] = {}
        self._batches: dict[tuple[str, int], Series] = {}

    def install(self, module: Any) -> None:
        """Watch optimizers, ``backward``, loaders and modules."""
        probe, self._torch = self._probe, module
        stepped = probe.guarded("steps of optimizers", self._stepped)
        optimizers: Any = sys.modules["torch.optim.optimizer"]
        handle = optimizers.register_optimizer_step_post_hook(lambda optimizer, _args, _kwargs: stepped(optimizer))
        probe.undo(handle.remove)
        started = probe.guarded("optimizers", self._started)
        probe.replace(optimizers.Optimizer, "__init__", afterwards(optimizers.Optimizer.__init__, started))
        lost = probe.guarded("losses", self._lost)
        watch_function(probe, module.autograd.backward, lost, self._watcher)
        loading = module.utils.data.dataloader._BaseDataLoaderIter
        fetched = probe.guarded("batches", self._fetched)
        probe.replace(loading, "__next__", _with_result(loading.__next__, fetched))
        predicting = probe.guarded("predictions of modules", self._predicting)
        kind = module.nn.Module
        probe.replace(kind, "__call__", _calling(kind.__call__, self._watcher, predicting, module.is_grad_enabled))

    def end_step(self) -> None:
        """Write what optimizers, losses and batches came to in this step."""
        for trained in list(self._trained.values()):
            self._write(trained)
        for series in self._losses.values():
            self._read(series)
            self._probe.observe("training", series.what, self._probe.encode(series.read), stack=series.stack)
        for series in self._batches.values():
            self._probe.observe("state", series.what, self._probe.encode(series.values), stack=series.stack)
        self._losses.clear()
        self._batches.clear()

    def _started(self, optimizer: Any) -> None:
        """Note the parameters that training starts from: what drew them stands before, what draws batches after."""
        user = self._user(sys._getframe(1))
        if user is None:
            return
        trained = self._known(optimizer)
        trained.stack = self._probe.frames.stack(user)
        what = f"{trained.about.partition('#')[0]} parameters at start"
        digest = {"digest": self._digest(trained.parameters)}
        self._probe.observe("state", what, self._probe.encode(digest), stack=trained.stack, about=trained.about)

    def _stepped(self, optimizer: Any) -> None:
        user = self._user(sys._getframe(1))
        if user is None:
            return
        trained = self._known(optimizer)
        trained.steps += 1
        trained.changed = True
        size = sum(each.numel() * each.element_size() for each in trained.parameters)
        power_of_two = not trained.steps & (trained.steps - 1)
        if power_of_two or (size <= _SMALL and trained.steps <= _MOST_STEPS):
            trained.stack = self._probe.frames.stack(user)
            trained.digests.append(self._digest(trained.parameters))

    def _known(self, optimizer: Any) -> Trained:
        known = self._trained.get(id(optimizer))
        parameters = [each for group in optimizer.param_groups for each in group["params"]]
        if known is None or known.optimizer() is not optimizer:
            name = type(optimizer).__name__
            self._counts[name] = self._counts.get(name, 0) + 1
            key = id(optimizer)
            write = self._probe.guarded("optimizers", self._gone)
            about = f"{name}#{self._counts[name]}"
            reference = ref(optimizer, lambda _: write(key))
            known = self._trained[key] = Trained(about=about, optimizer=reference, parameters=parameters)
        known.parameters = parameters
        return known

    def _gone(self, key: int) -> None:
        trained = self._trained.pop(key, None)
        if trained is not None and self._probe.active:
            self._write(trained)

    def _write(self, trained: Trained) -> None:
        if not trained.changed:
            return
        name = trained.about.partition("#")[0]
        for aspect, what, value in (
            ("state", f"{name}.step digests", trained.digests),
            ("training", f"{name}.step parameters", [each.detach() for each in trained.parameters]),
        ):
            encoded = self._probe.encode(value)
            self._probe.observe(aspect, what, encoded, stack=trained.stack, about=trained.about)
        trained.digests, trained.changed = [], False

    def _digest(self, parameters: Sequence[Any]) -> str:
        return str(self._probe.encode([each.detach() for each in parameters], Limits(keep=0))["digest"])

    def _lost(self, frame: FrameType, args: Sequence[Any], _kwargs: dict[str, Any]) -> None:
        loss = args[0]
        user = self._user(frame)
        if user is None or not isinstance(loss, self._torch.Tensor) or loss.numel() != 1:
            return
        series = self._series(self._losses, "backward loss", user)
        series.values.append(loss.detach())
        if len(series.values) >= _MOST_HELD:
            self._read(series)

    def _read(self, series: Series) -> None:
        series.read += [float(value) for value in series.values]
        series.values.clear()

    def _fetched(self, batch: Any, frame: FrameType) -> None:
        user = self._user(frame)
        if user is not None:
            series = self._series(self._batches, "DataLoader batches", user)
            series.values.append(str(self._probe.encode(batch, Limits(keep=0))["digest"]))

    def _predicting(self, module: Any, frame: FrameType, args: tuple[Any, ...]) -> Callable[[Any], None] | None:
        origin = self._fits.caller(frame)
        if origin is None:
            return None
        what = f"{type(module).__name__}.forward"
        data = dict(zip(("X",), args, strict=False))
        call = Call(what=what, user=origin.user, data=data, aspect="predictions", estimator=module, method="forward")
        return self._fits.before(call)

    def _series(self, known: dict[tuple[str, int], Series], what: str, user: FrameType) -> Series:
        line = (user.f_code.co_filename, user.f_lineno)
        if line not in known:
            known[line] = Series(what=what, stack=self._probe.frames.stack(user))
        return known[line]

    def _user(self, frame: FrameType) -> FrameType | None:
        origin = self._fits.caller(frame)
        return None if origin is None else origin.user


def _with_result(plain: Any, after: Callable[[Any, FrameType], object]) -> Any:
    """A method, and something done with its result."""

    def method(self: Any) -> Any:
        try:
            result = plain(self)
        except BaseException as error:
            without_this_frame(error)
            raise
        after(result, sys._getframe(1))
        return result

    return hidden(functools.wraps(plain)(method))


def _calling(plain: Any, watcher: Watcher, before: Callable[..., Any], learns: Callable[[], bool]) -> Any:
    """``Module.__call__``: recorded outside of training, and outside of another module's call."""

    def call(self: Any, *args: Any, **kwargs: Any) -> Any:
        after = None
        outermost = watcher.recording()
        if outermost:
            if not self.training or not learns():
                after = before(self, sys._getframe(1), args)
            watcher.depth(+1)
        try:
            result = plain(self, *args, **kwargs)
        except BaseException as error:
            without_this_frame(error)
            raise
        finally:
            if outermost:
                watcher.depth(-1)
        if after is not None:
            after(result)
        return result

    return hidden(functools.wraps(plain)(call))

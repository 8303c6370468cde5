"""torch's default generators: seeded from a recorded stream until the user seeds them, and watched for draws.

No operation of torch tells of a draw, so those that can draw are wrapped (by the library's own list of them), and the
generator's state is compared around their call while nobody has seeded it: one that does not draw (dropout outside of
training) leaves no event. What draws without passing one of them shows at the step's end.
"""

# Callers' frames and torch's own functions have no public name.
# ruff: noqa: SLF001

from __future__ import annotations

import functools
import sys

from .calls import called_by_user
from .frames import importing, site, without_this_frame
from .patching import replaced
from .watching import hidden

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import FrameType
    from typing import Any

    from .frames import Origin
    from .probe import Probe

FUNCTIONS = (
    "alpha_dropout",
    "alpha_dropout_",
    "bernoulli",
    "binomial",
    "dropout",
    "dropout_",
    "feature_alpha_dropout",
    "feature_alpha_dropout_",
    "feature_dropout",
    "feature_dropout_",
    "gru",
    "lstm",
    "multinomial",
    "native_dropout",
    "normal",
    "poisson",
    "rand",
    "rand_like",
    "randint",
    "randint_like",
    "randn",
    "randn_like",
    "randperm",
    "rnn_relu",
    "rnn_tanh",
    "rrelu",
    "rrelu_",
    "_fused_dropout",
    "_sample_dirichlet",
    "_standard_gamma",
)
"""Functions of ``torch`` that can draw: of the operations that torch tags so, those that are called from Python."""
METHODS = (
    "bernoulli",
    "bernoulli_",
    "cauchy_",
    "exponential_",
    "geometric_",
    "log_normal_",
    "multinomial",
    "normal_",
    "random_",
    "uniform_",
)
"""The same of tensors' methods."""
NETWORK_FUNCTIONS = ("scaled_dot_product_attention",)
"""The same of ``torch.nn.functional``."""
_MASK = 2**63 - 1


class DefaultGenerators:
    """torch's generators that draw where none is given, as far as they were seeded by the user or not."""

    def __init__(self, probe: Probe) -> None:
        self._probe = probe
        self._stream = "torch"
        self._torch: Any = None
        self._seed = -1
        self._last: dict[str, bytes] = {}
        self._guarded_drawn = probe.guarded("draws from torch", self._drawn)
        self._guarded_state = probe.guarded("torch's generators", self._state)
        self._told = False
        """A draw in this step is in the log."""

    def _open(self) -> list[Any]:
        """The generators, of the CPU and of GPUs in use, that nobody has seeded."""
        torch, found = self._torch, []
        if torch.default_generator.initial_seed() == self._seed:
            found.append(torch.default_generator)
        cuda = torch.cuda
        if cuda.is_initialized() and not cuda.is_current_stream_capturing():
            found += [each for each in cuda.default_generators if each.initial_seed() == self._seed]
        return found

    def install(self, module: Any) -> None:
        """Seed the generators from their stream, as ``torch.manual_seed`` would, and watch what draws."""
        self._torch = module
        before = module.get_rng_state()
        self._probe.undo(lambda: module.set_rng_state(before))
        self._seed_all()
        self._last = self._state()
        self._probe.streams.at_task(self._probe.guarded("torch's generators", self._begin_task))
        for name in FUNCTIONS:
            self._wrap(name, module, module._VF)
        for name in METHODS:
            self._wrap(name, module.Tensor)
        for name in NETWORK_FUNCTIONS:
            self._wrap(name, module.nn.functional)
        self._watch_reseeding(module)

    def _seed_all(self) -> None:
        self._stream = f"torch{self._probe.streams.drawer()}"
        self._seed = self._probe.streams.bits(self._stream, 64) & _MASK
        with self._probe.working():
            self._torch.manual_seed(self._seed)

    def _begin_task(self) -> None:
        """What nobody has seeded starts anew with each task of a worker."""
        if self._torch.default_generator.initial_seed() == self._seed:
            self._seed_all()
            self._last = self._state()

    def end_step(self) -> None:
        """Tell of draws in this step that no line of the user's was seen to make."""
        if self._torch is None:
            return
        state = self._state()
        moved = any(self._last.get(device, now) != now for device, now in state.items())
        if moved and not self._told:
            self._probe.event("torch", self._stream, "torch", None)
        self._last, self._told = state, False

    def _state(self) -> dict[str, bytes]:
        """The states of the generators that nobody has seeded, by device."""
        return {str(each.device): bytes(each.get_state().numpy()) for each in self._open()}

    def _wrap(self, name: str, *owners: Any) -> None:
        """Put a function that tells of draws in the place of this one, under the same name in each owner."""
        plain = getattr(owners[0], name, None)
        if plain is None:
            return
        told = self._telling(plain)
        builtins = self._torch.jit._builtins
        operation = builtins._find_builtin(plain)
        if operation is not None:  # what scripts are compiled to
            builtins._register_builtin(told, operation)
        for owner in owners:
            if getattr(owner, name, None) is not None:
                self._probe.replace(owner, name, told)

    def _telling(self, plain: Any) -> Any:
        probe, modes = self._probe, self._torch._C._len_torch_dispatch_stack

        def drawing(*args: Any, **kwargs: Any) -> Any:
            frame = sys._getframe(1)
            before = None
            # Inside of a mode that follows operations (a compiler's) a state would be followed, too.
            if probe.watching and not (probe.just_seen("torch", frame) or modes()):
                before = self._guarded_state()
            try:
                result = plain(*args, **kwargs)
            except BaseException as error:
                without_this_frame(error)
                raise
            if before and self._guarded_state() != before:
                self._guarded_drawn(frame)
            return result

        return hidden(functools.wraps(plain)(drawing))

    def _drawn(self, frame: FrameType) -> None:
        origin = self._probe.frames.origin(frame)
        # What a library draws while it is imported it draws in every run.
        self._told |= origin is not None or importing(frame)
        if origin is None or _is_for_absent_workers(frame):
            return
        if not origin.library:
            self._probe.now_seen("torch", origin.user)
        self._probe.event("torch", self._stream, _called(origin), origin.user)

    def _watch_reseeding(self, module: Any) -> None:
        """``seed()`` of a generator takes the system's entropy: it gets a number from the line's own stream."""
        kind, probe = module._C.Generator, self._probe
        plain = kind.seed

        def number(frame: FrameType) -> int | None:
            origin = probe.origin(frame)
            if origin is None:
                return None
            stream = f"torch@{site(probe.frames.stack(origin.user))}{probe.streams.maker()}"
            probe.event("torch", stream, _called(origin), origin.user)
            return probe.streams.bits(stream, 64) & _MASK

        guarded = probe.guarded("generators of torch", number)

        @functools.wraps(plain)
        def seed(generator: Any) -> int:
            served = guarded(sys._getframe(1)) if probe.watching else None
            if served is None:
                return int(plain(generator))
            generator.manual_seed(served)
            return served

        probe.undo(replaced(kind, "seed", seed))


def _called(origin: Origin) -> str:
    """What the user called, in the words of reports: a class of modules or a loader by its name."""
    for frame in reversed(origin.library):
        name = frame.f_code.co_qualname
        if "DataLoaderIter" in name:
            return "torch DataLoader"
        if frame.f_code.co_name == "_wrapped_call_impl":
            return f"torch {type(frame.f_locals.get('self')).__name__}"
    return called_by_user(origin, "torch").removesuffix(".__init__")


def _is_for_absent_workers(frame: FrameType) -> bool:
    """Whether a DataLoader without worker processes draws the seed that it would give them."""
    loader = frame.f_locals.get("loader")
    in_loader = frame.f_globals.get("__name__") == "torch.utils.data.dataloader"
    return in_loader and getattr(loader, "num_workers", None) == 0

"""numpy's random numbers: the global state and unseeded generators draw from recorded streams.

The global ``RandomState`` keeps its identity and its methods (which are the functions of ``numpy.random``); only its
bit generator is exchanged, through numpy's own ``set_bit_generator``, for one whose lock tells of draws. So a draw is
seen whoever makes it (sklearn and pandas draw from the hidden instance directly), and no function is wrapped.
"""

# Callers' frames and hidden instances have no public name.
# ruff: noqa: SLF001

from __future__ import annotations

import functools
import sys

from .calls import argument, call_expression, called_by_user, function_name, seed_argument
from .frames import importing, site, without_this_frame
from .locks import generator_with_lock

TYPE_CHECKING = False
if TYPE_CHECKING:
    import ast
    from types import FrameType
    from typing import Any

    from .probe import Probe


class GlobalState:
    """numpy's global random state, as far as it was seeded by the user or not."""

    def __init__(self, probe: Probe) -> None:
        self._probe = probe
        self._stream = "numpy"
        self._bit_generator: Any = None
        self._handed_out: set[object] = set()
        self._pending = False
        self._told = False
        self._setting = False
        """Whether the state is being set: up to numpy 1 the lock is taken within."""
        self._lock: Any = None
        self._guarded_drawn = probe.guarded("draws from numpy's global state", self._drawn)
        self.seeded = True
        """The user's seed governs the state. True until numpy.random is imported and the state hooked."""
        self._carried: dict[str, Any] = {}
        """The state that a worker's tasks find, where the user has seeded it before the first of them."""
        self.drawn_unseen = False
        """Something that is not user code drew from the unseeded state in this step."""

    def install(self, module: Any) -> None:
        """Exchange the bit generator and seed it from its stream."""
        state = module.mtrand._rand
        before_generator, before_state = module.get_bit_generator(), state.get_state(legacy=False)
        with self._probe.working():
            self._bit_generator, self._lock = generator_with_lock(
                module, self._watched_kind(module), self._entered, self._left
            )
            module.set_bit_generator(self._bit_generator)

        def undo() -> None:
            module.set_bit_generator(before_generator)
            state.set_state(before_state)

        self._probe.undo(undo)
        # A spawned process has no name of its own yet while it starts: it is seeded at its first draw.
        self._pending = not self._probe.log.main
        if not self._pending:
            self._seed()
        self.seeded = False
        self._probe.at_start(self._probe.guarded("the state of numpy.random", self._restart))
        self._probe.streams.at_task(self._probe.guarded("the state of numpy.random", lambda: self._begin_task(state)))

    def _restart(self) -> None:
        """What was drawn before the subject's first step (a kernel's start) is not its own."""
        if not self.seeded and not self._pending:
            self._seed()

    def _begin_task(self, state: Any) -> None:
        """What nobody has seeded starts anew with each task of a worker; no half of a pair of normals is left over."""
        with self._probe.working():
            if not self.seeded:
                self._seed()
                state.set_state({**state.get_state(legacy=False), "has_gauss": 0, "gauss": 0.0})
                return
            self._carried = self._carried or state.get_state(legacy=False)
            if self._probe.config["conditions"]["pinned"]:
                state.set_state(self._carried)
        self._lock.tell()

    def _entered(self) -> None:
        """Called by the lock before a draw, a seeding or a reading of the state."""
        if self._pending and self._probe.active:
            self._seed()
        self._told = False

    def _left(self, frame: FrameType) -> None:
        """Called by the lock afterwards: what was no seeding was a draw (or a reading, which tells as much)."""
        governed = self.seeded and not self._carried
        if (
            not (self._told or self._setting or governed or self._probe.just_seen("numpy", frame))
            and self._probe.watching
        ):
            self._guarded_drawn(frame)

    def _drawn(self, frame: FrameType) -> None:
        origin = self._probe.frames.origin(frame)
        if origin is None:
            # What a library draws while it is imported it draws in every run.
            self.drawn_unseen |= not importing(frame)
        else:
            self._probe.now_seen("numpy", origin.user)
            source, stream = ("carried", "numpy") if self.seeded else ("numpy", self._stream)
            self._probe.event(source, stream, called_by_user(origin, "numpy.random"), origin.user)

    def end_step(self) -> None:
        """Tell of draws in this step that no line of the user's was seen to make."""
        if self.drawn_unseen:
            self.drawn_unseen = False
            self._probe.event("numpy", self._stream, "numpy.random", None)

    def _seed(self) -> None:
        self._pending = False
        self._stream = f"numpy{self._probe.streams.drawer()}"
        with self._probe.working():
            self._bit_generator._legacy_seeding(self._probe.streams.bits(self._stream, 32))

    def _touched(self, *, seeded: bool) -> None:
        """The state was set: from a seed, or back to one that was handed out unseeded."""
        self._told = True
        if not self._probe.watching:
            return
        self._pending = False
        self.seeded, self._carried = seeded, {}
        if seeded:
            self._lock.keep_silent()
        else:
            self._lock.tell()

    def _set(self, *, setting: bool) -> None:
        self._setting = setting

    def _read(self, state: dict[str, Any]) -> dict[str, Any]:
        if self._probe.watching and not self.seeded:
            self._handed_out.add(_fingerprint(state))
        return state

    def _watched_kind(self, module: Any) -> Any:
        """A bit generator class that tells of seedings, its lock of draws; it pickles as numpy's own."""
        plain = module.MT19937
        touched, read, handed_out = self._touched, self._read, self._handed_out
        setting = self._set

        class MT19937(plain):  # type: ignore[misc, valid-type]
            def _legacy_seeding(self, seed: Any) -> None:
                setting(setting=True)
                try:
                    plain._legacy_seeding(self, seed)
                except BaseException as error:
                    without_this_frame(error)
                    raise
                finally:
                    setting(setting=False)
                touched(seeded=True)

            @property
            def state(self) -> dict[str, Any]:
                return read(plain.state.__get__(self))

            @state.setter
            def state(self, value: dict[str, Any]) -> None:
                setting(setting=True)
                try:
                    plain.state.__set__(self, value)
                except BaseException as error:
                    without_this_frame(error)
                    raise
                finally:
                    setting(setting=False)
                touched(seeded=_fingerprint(plain.state.__get__(self)) not in handed_out)

            def __reduce__(self) -> Any:
                copy = plain(0)
                copy.state = plain.state.__get__(self)
                return copy.__reduce__()

        MT19937.__module__, MT19937.__qualname__, MT19937.__doc__ = plain.__module__, plain.__qualname__, plain.__doc__
        return MT19937


def _fingerprint(state: dict[str, Any]) -> object:
    inner = state["state"]
    return inner["key"].tobytes(), inner["pos"]


def install_entropy(probe: Probe, module: Any) -> None:
    """Serve ``default_rng()``, ``RandomState()``, ``SeedSequence()`` and ``seed()`` without a seed from streams."""
    plain = module.randbits
    expressions: dict[tuple[object, int], ast.Call | None] = {}

    def expression(frame: FrameType) -> ast.Call | None:
        key = (frame.f_code, frame.f_lasti)
        if key not in expressions:
            expressions[key] = call_expression(frame)
        return expressions[key]

    def bits(k: int, frame: FrameType) -> int | None:
        if _is_seeded(expression(frame), frame):
            return None
        origin = probe.origin(frame)
        if origin is None:
            return None
        stream = f"numpy@{site(probe.frames.stack(origin.user))}{probe.streams.maker()}"
        what = called_by_user(origin, "numpy.random")
        probe.event("numpy", stream, what, origin.user, seeded_by=seed_argument(origin))
        return probe.streams.bits(stream, k)

    guarded = probe.guarded("unseeded numpy generators", bits)

    @functools.wraps(plain)
    def randbits(k: int) -> int:
        served = guarded(k, sys._getframe(1)) if probe.watching else None
        if served is not None:
            return served
        with probe.working():
            return int(plain(k))

    probe.replace(module, "randbits", randbits)


def _is_seeded(call: ast.Call | None, frame: FrameType) -> bool:
    """Whether this is ``RandomState(seed)``, which asks for entropy although it goes on to use the seed."""
    if call is None or function_name(call, frame) != "RandomState":
        return False
    return argument(call, "seed", frame) is not None

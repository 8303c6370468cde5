"""Python's ``random``: the module's hidden generator and ``Random()`` without a seed draw from recorded streams.

The hidden instance keeps its identity and changes its class while nobody has seeded it, so the module's functions
(which are its bound methods), names imported from the module and pickles stay what they are. Once the user seeds it,
it is a plain ``Random`` again.
"""

# Callers' frames and hidden instances have no public name.
# ruff: noqa: SLF001

from __future__ import annotations

import functools
import sys
from os import register_at_fork
from types import MethodType

from .calls import call_expression, called_by_user, evaluate
from .frames import site, without_this_frame

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import FrameType
    from typing import Any

    from .probe import Probe

_COPYING = frozenset({"_pickle", "pickle", "copy", "copyreg"})
_OWN = frozenset({"random"})


class GlobalRandom:
    """The hidden generator of the ``random`` module."""

    def __init__(self, probe: Probe, module: Any) -> None:
        self._probe = probe
        self._module = module
        self._inst = module._inst
        self._plain = module.Random
        self._stream = "random"
        self._handed_out: set[int] = set()
        self._pending = False
        self._carried: tuple[Any, ...] | None = None
        """The state that a worker's tasks find, where the user has seeded it before the first of them."""
        self._guarded_drawn = probe.guarded("draws from random", self._drawn)
        self._watched = self._watched_class()
        self._guarded_unseeded = probe.guarded("unseeded generators of random", self._unseeded)

    def install(self, *, seeded: bool) -> None:
        """Seed the generator from its stream and watch it until the user seeds it, unless that has happened."""
        probe, module = self._probe, self._module
        before = self._inst.getstate()
        probe.undo(lambda: self._inst.setstate(before))
        probe.replace(self._plain, "seed", self._wrapped_seed(self._plain.seed))
        for name in ("random", "getrandbits", "getstate"):
            probe.replace(module, name, getattr(module, name))
        probe.replace(module, "seed", self._inst.seed)
        probe.replace(module, "setstate", self._setstate())
        probe.undo(self._disarm)
        register_at_fork(after_in_child=self._forked)
        if seeded:
            return
        # A spawned process has no name of its own yet while it starts: it is seeded at its first draw.
        self._pending = not probe.log.main
        if not self._pending:
            self._seed()
        self._arm()
        probe.at_start(probe.guarded("the state of random", self._restart))
        probe.streams.at_task(probe.guarded("the state of random", self._begin_task))

    def _seed(self) -> None:
        self._pending = False
        self._stream = f"random{self._probe.streams.drawer()}"
        self._plain.setstate(self._inst, self._plain(self._probe.streams.bits(self._stream, 256)).getstate())

    def _restart(self) -> None:
        """A kernel's own threads have drawn until now, as often as it happened: the subject starts from the seed."""
        if self._inst.__class__ is self._watched and not self._pending:
            self._seed()

    def _begin_task(self) -> None:
        """What nobody has seeded starts anew with each task of a worker."""
        if self._inst.__class__ is self._watched and self._carried is None:
            self._seed()
            return
        self._carried = self._carried or self._plain.getstate(self._inst)
        if self._probe.config["conditions"]["pinned"]:
            self._plain.setstate(self._inst, self._carried)
        self._arm()

    def _forked(self) -> None:
        """Python has just reseeded the child from the system's entropy, whatever the user did in the parent."""
        if self._probe.active:
            self._carried = None
            self._seed()
            self._arm()

    def _arm(self) -> None:
        self._inst.__class__ = self._watched
        for name in ("random", "getrandbits", "getstate"):
            setattr(self._module, name, getattr(self._inst, name))

    def _disarm(self) -> None:
        self._pending, self._carried = False, None
        self._inst.__class__ = self._plain
        for name in ("random", "getrandbits", "getstate"):
            setattr(self._module, name, getattr(self._inst, name))

    def _drawn(self, frame: FrameType) -> None:
        origin = self._probe.frames.origin(frame)
        if origin is None:
            return
        self._probe.now_seen("random", origin.user)
        source, stream = ("random", self._stream) if self._carried is None else ("carried", "random")
        self._probe.event(source, stream, called_by_user(origin, "random"), origin.user)

    def _watched_class(self) -> type:
        """A subclass that notes draws; it says that it is ``Random`` and pickles as it."""
        plain, probe, guarded, handed_out = self._plain, self._probe, self._guarded_drawn, self._note_state
        own_globals = vars(self._module)

        def drawn(generator: Any, frame: FrameType) -> None:
            if self._pending and probe.active:
                self._seed()
            if generator.__class__ is plain or not probe.watching:
                return
            while frame.f_globals is own_globals and frame.f_back is not None:
                frame = frame.f_back
            if not probe.just_seen("random", frame):
                guarded(frame)

        class Random(plain):  # type: ignore[misc, valid-type]
            @functools.wraps(plain.random)
            def random(self) -> float:
                drawn(self, sys._getframe(1))
                return plain.random(self)  # type: ignore[no-any-return]

            @functools.wraps(plain.getrandbits)
            def getrandbits(self, k: int, /) -> int:
                drawn(self, sys._getframe(1))
                return plain.getrandbits(self, k)  # type: ignore[no-any-return]

            @functools.wraps(plain.getstate)
            def getstate(self) -> tuple[Any, ...]:
                drawn(self, sys._getframe(1))
                return handed_out(plain.getstate(self))

            def __reduce__(self) -> Any:
                return plain, (), plain.getstate(self)

        Random.__module__, Random.__qualname__ = plain.__module__, plain.__qualname__
        Random.__doc__ = plain.__doc__
        return Random

    def _note_state(self, state: tuple[Any, ...]) -> tuple[Any, ...]:
        """Putting back a state that was handed out unseeded is no seeding."""
        self._handed_out.add(hash(state))
        return state

    def _setstate(self) -> Any:
        plain, inst = self._plain.setstate, self._inst

        @functools.wraps(plain)
        def setstate(_self: object, state: Any) -> None:
            try:
                plain(inst, state)
            except BaseException as error:
                without_this_frame(error)
                raise
            if self._probe.active:
                if state.__hash__ is not None and hash(state) in self._handed_out:
                    self._arm()
                else:
                    self._disarm()

        return MethodType(setstate, inst)

    def _wrapped_seed(self, plain: Any) -> Any:
        system = self._module.SystemRandom

        @functools.wraps(plain)
        def seed(self_: Any, a: Any = None, version: int = 2) -> None:
            if a is None and self._probe.watching and not isinstance(self_, system):
                a = self._guarded_unseeded(sys._getframe(1), self_ is self._inst)
            try:
                plain(self_, a, version)
            except BaseException as error:
                without_this_frame(error)
                raise
            if self_ is self._inst:
                self._disarm()

        return seed

    def _unseeded(self, frame: FrameType, hidden: bool) -> int | None:  # noqa: FBT001
        """A seed from the site's own stream; None where the draw is not the user's, or only prepares a copy."""
        origin = self._probe.origin(frame, through=_OWN)
        if origin is None:
            return None
        outer = [frame for frame in origin.library if frame.f_globals.get("__name__") not in _OWN]
        call = None if outer else call_expression(origin.user)
        if call is not None and getattr(evaluate(call.func, origin.user), "__module__", None) in _COPYING:
            return None
        what = called_by_user(origin, "") if outer else "random.seed" if hidden else "random.Random"
        stream = f"random@{site(self._probe.frames.stack(origin.user))}{self._probe.streams.maker()}"
        self._probe.event("random", stream, what.strip(), origin.user)
        return self._probe.streams.bits(stream, 256)


def install(probe: Probe, module: Any, *, seeded: bool) -> None:
    """Watch the ``random`` module.

    Args:
        probe: this process's probe.
        module: the module.
        seeded: whether the user has seeded the hidden generator already.
    """
    GlobalRandom(probe, module).install(seeded=seeded)

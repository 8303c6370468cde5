"""Refuses a call that would change something on another machine, and says so in the log."""

# Callers' frames have no public name.
# ruff: noqa: SLF001

from __future__ import annotations

import functools
import sys
from typing import NamedTuple

from ..frames import site, without_this_frame

TYPE_CHECKING = False
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType
    from typing import Any

    from ..probe import Probe


class Effect(NamedTuple):
    """What a call would do."""

    host: str
    port: int | None
    what: str
    """In the words of reports: ``POST http://10.1.2.3/runs``, ``SQL INSERT``, ``mail by smtplib``."""


class RefusedError(Exception):
    """Raised in place of an effect outside.

    No ``OSError``, although a permission is what is missing: libraries take those for passing troubles of the network,
    and try again for minutes.
    """


class Guard:
    """Decides about effects, and puts the question before functions of libraries."""

    def __init__(self, probe: Probe) -> None:
        self.probe = probe
        self._local: dict[str, bool] = {}
        self._guarded = probe.guarded("effects outside", self._refused)

    def passes(self, host: str, port: int | None) -> bool:
        """Whether a host may be written to: this machine, and what the user allows."""
        from .addresses import is_allowed, is_local

        if is_allowed(host, port, self.probe.config.get("allow_writes") or ()):
            return True
        if host not in self._local:
            self._local[host] = is_local(host)
        return self._local[host]

    def check(self, describe: Callable[..., Effect | None], *args: Any, **kwargs: Any) -> None:
        """Raise RefusedError when the call that ``describe`` tells from its arguments must not be made."""
        if not self.probe.active:
            return
        effect = self._guarded(sys._getframe(1), describe, args, kwargs)
        if effect is not None:
            raise RefusedError(
                f"{effect.what} was refused before anything was sent: an audit runs its subject several times. "
                f"If each run may change something on {effect.host}, add it to `allow-writes`."
            )

    def watch(self, owner: Any, name: str, describe: Callable[..., Effect | None]) -> None:
        """Ask before each call of a function or method, where the library has it."""
        plain = vars(owner).get(name)
        if plain is None:
            return
        from inspect import iscoroutinefunction

        check = self.check

        @functools.wraps(plain)
        def watched(*args: Any, **kwargs: Any) -> Any:
            check(describe, *args, **kwargs)
            try:
                return plain(*args, **kwargs)
            except BaseException as error:
                # A bare raise adds no frame of its own: the traceback is as if nothing stood between.
                without_this_frame(error)
                raise

        @functools.wraps(plain)
        async def watched_async(*args: Any, **kwargs: Any) -> Any:
            check(describe, *args, **kwargs)
            try:
                return await plain(*args, **kwargs)
            except BaseException as error:
                without_this_frame(error)
                raise

        self.probe.replace(owner, name, watched_async if iscoroutinefunction(plain) else watched)

    def _refused(
        self, frame: FrameType, describe: Callable[..., Effect | None], args: Any, kwargs: Any
    ) -> Effect | None:
        effect = describe(*args, **kwargs)
        if effect is None or self.passes(effect.host, effect.port):
            return None
        stack = self.probe.frames.stack(frame)
        if self.probe.first_time("refusal", effect.host, effect.what, site(stack)):
            line = {"host": effect.host, "what": effect.what, "step": self.probe.step, "stack": stack}
            self.probe.log.numbered({"type": "refusal", **line})
        return effect

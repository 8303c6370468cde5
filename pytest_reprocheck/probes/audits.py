"""Python's audit events, told to those of the probes that asked for them.

One hook serves all: Python raises an event for every call of ``id`` and every module that is imported, and each hook
costs each of them something.
"""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

    Listener = Callable[[str, tuple[Any, ...]], None]
    """Takes an event and its arguments; the frame behind its caller's is the one that raised the event."""


class Audits:
    """Who listens to which events."""

    def __init__(self) -> None:
        self._listeners: dict[str, tuple[Listener, ...]] = {}
        self._hooked = False

    def listen(self, events: Iterable[str], listener: Listener) -> None:
        """Tell the listener of these events from now on, after those that listen to them already."""
        for event in events:
            self._listeners[event] = (*self._listeners.get(event, ()), listener)
        if not self._hooked:
            self._hooked = True
            self._hook()

    def stop(self) -> None:
        """Tell nobody any more; a hook cannot be taken out again, so it does nothing and holds nothing."""
        self._listeners.clear()

    def _hook(self) -> None:
        listeners = self._listeners

        def hook(event: str, args: tuple[Any, ...]) -> None:
            if event in listeners:
                for listener in listeners[event]:
                    listener(event, args)

        sys.addaudithook(hook)

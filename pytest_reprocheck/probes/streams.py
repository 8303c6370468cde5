"""Streams of random bits that stand in for the entropy of generators the user did not seed.

A stream named K starts from SHA-256 of ``K:seed``, or of ``K:streams[K]`` where that stream alone is to be varied.
"""

from __future__ import annotations

import sys
from _random import Random
from _thread import _local

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


class Streams:
    """Every stream of this process, made at its first draw."""

    def __init__(self, seed: int, streams: Mapping[str, int]) -> None:
        self._seed = seed
        self._streams = streams
        self._started: dict[str, Random] = {}
        self._forked_as: str | None = None
        self._at_task: list[Callable[[], object]] = []
        self._thread = _local()
        self.task = ""
        """What this process, a worker of a pool, is working on; the same in every run, whichever worker gets it."""

    def bits(self, name: str, count: int) -> int:
        """The next ``count`` random bits of a stream."""
        generator = self._started.get(name)
        if generator is None:
            # A site's own value holds for it in every process.
            seed = self._streams.get(name, self._streams.get(name.partition("#")[0], self._seed))
            # At the first draw: OpenSSL, which comes with it, costs every child milliseconds.
            from hashlib import sha256

            number = sha256(f"{name}:{seed}".encode()).digest()
            generator = self._started[name] = Random(int.from_bytes(number, "big"))
        return generator.getrandbits(count) if count else 0

    def at_task(self, action: Callable[[], object]) -> None:
        """Call this whenever a task begins in this process."""
        self._at_task.append(action)

    def begin_task(self, name: str) -> None:
        """What is drawn from now on belongs to this task: every stream starts anew."""
        self.task = name
        self._started.clear()
        for action in self._at_task:
            action()

    def drawer(self) -> str:
        """What names of streams end with: the task, in workers of pools, else the process."""
        return f"#task {self.task}" if self.task else self.process()

    def begin_turn(self, name: str) -> None:
        """This thread goes on with work of this name; it is the same in every run, whichever thread gets it."""
        self._thread.turn = name

    def maker(self) -> str:
        """What names of a line's own streams end with: the drawer, and the work of this thread."""
        turn, drawer = getattr(self._thread, "turn", ""), self.drawer()
        return f"{drawer} {turn}" if drawer and turn else f"#{turn}" if turn else drawer

    def process(self) -> str:
        """What stands for a child process: ``#ForkPoolWorker-1``; nothing for the main one."""
        if self._forked_as is not None:
            return f"#{self._forked_as}"
        module = sys.modules.get("multiprocessing.process")
        current = getattr(module, "current_process", None)
        name = current().name if current is not None else "MainProcess"
        return "" if name == "MainProcess" else f"#{name}"

    def inherited(self) -> str:
        """The same for what a forked child inherits from its parent unchanged: nothing there either."""
        return "" if self._forked_as is not None and not self.task else self.drawer()

    def forked(self, count: int) -> None:
        """Called in a forked child, inside ``os.fork``: names it after the multiprocessing process that it becomes."""
        frame = sys._getframe(1)  # noqa: SLF001  (the only way to a caller's frame)
        while frame.f_back is not None:
            frame = frame.f_back
            if frame.f_globals.get("__name__") == "multiprocessing.popen_fork" and "process_obj" in frame.f_locals:
                self._forked_as = str(frame.f_locals["process_obj"].name)
                return
        self._forked_as = f"fork-{count}" if self._forked_as is None else f"{self._forked_as}-fork-{count}"

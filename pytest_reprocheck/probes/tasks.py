"""Tasks of worker processes: what draws in one has streams of its own, whichever worker gets the task.

Which worker gets which task is up to chance, and a worker's generators go on from task to task. So unseeded draws would
differ between two runs under the same conditions; from streams that are named after the task they can be repeated, and
varied. joblib sends several tasks at once, as many as took little time so far: how many is recorded and replayed.
"""

# What pools are made of has no public name.
# ruff: noqa: SLF001

from __future__ import annotations

import functools
import itertools

from .frames import without_this_frame

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from .probe import Probe
    from .recording import Recording

_APART = 1_000_000
"""Between the first tasks of two executors of one process."""


def watch_pool(probe: Probe, module: Any) -> None:
    """Have workers of ``multiprocessing.pool`` tell which task they begin: its number, and that of its chunk."""
    plain = module.worker

    @functools.wraps(plain)
    def worker(inqueue: Any, *args: Any, **kwargs: Any) -> Any:
        if hasattr(inqueue, "_writer"):  # a queue between processes; threads have another
            _tell(probe, inqueue, lambda task: f"{task[0]}-{task[1]}")
        try:
            return plain(inqueue, *args, **kwargs)
        except BaseException as error:
            without_this_frame(error)
            raise

    probe.replace(module, "worker", worker)


def watch_executor(probe: Probe, module: Any) -> None:
    """The same for workers of ``ProcessPoolExecutor``, of the standard library or of loky."""
    plain, plain_init = module._process_worker, module.ProcessPoolExecutor.__init__
    first = itertools.count(0, _APART)

    @functools.wraps(plain)
    def _process_worker(call_queue: Any, *args: Any, **kwargs: Any) -> Any:
        _tell(probe, call_queue, lambda task: str(task.work_id))
        try:
            return plain(call_queue, *args, **kwargs)
        except BaseException as error:
            without_this_frame(error)
            raise

    @functools.wraps(plain_init)
    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:  # noqa: N807
        try:
            plain_init(self, *args, **kwargs)
        except BaseException as error:
            without_this_frame(error)
            raise
        # Tasks of two executors would have the same numbers.
        self._queue_count += next(first)

    probe.replace(module, "_process_worker", _process_worker)
    probe.replace(module.ProcessPoolExecutor, "__init__", __init__)


def replay_batches(probe: Probe, recording: Recording, module: Any) -> None:
    """Record, in ``joblib._parallel_backends``, how many tasks are sent at once, and send as many again."""
    kind = module.AutoBatchingMixin
    plain = kind.compute_batch_size
    known = probe.guarded("recorded sizes of batches", lambda: recording.next("batch", "joblib"))
    write = probe.guarded("record of sizes of batches", lambda size: recording.write("batch", "joblib", size))
    is_recorded, is_replayed = bool(probe.config.get("record")), bool(probe.config.get("recording"))

    @functools.wraps(plain)
    def compute_batch_size(self: Any) -> Any:
        size = plain(self)
        if is_replayed:
            size = known() or size
        if is_recorded:
            write(size)
        return size

    probe.replace(kind, "compute_batch_size", compute_batch_size)


def _tell(probe: Probe, queue: Any, name: Callable[[Any], str]) -> None:
    """Have a worker's queue of tasks, which is the worker's own copy, say which task it gives."""
    plain, outer = queue.get, f"{probe.streams.task} " if probe.streams.task else ""
    begins = probe.guarded("streams of a task", lambda task: probe.streams.begin_task(f"{outer}{name(task)}"))

    def get(*args: Any, **kwargs: Any) -> Any:
        task = plain(*args, **kwargs)
        if task is not None and probe.active:
            begins(task)
        return task

    queue.get = get

"""Installs the probes for the order of concurrent results, and for the tasks of worker processes."""

from __future__ import annotations

import functools
from importlib import import_module

from .imports import combined

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from .completion import Completion
    from .completion_threads import Threads
    from .probe import Probe
    from .recording import Recording

_DELIVERING = {
    "asyncio.tasks": "completion_asyncio",
    "concurrent.futures": "completion_futures",
    "distributed.client": "completion_distributed",
    "joblib.parallel": "completion_joblib",
    "multiprocessing.pool": "completion_pools",
}
"""Module -> the one of ours that watches it, loaded with it."""


def install(probe: Probe, recording: Recording) -> tuple[dict[str, Callable[[Any], None]], list[Callable[[], None]]]:
    """Hooks for the modules that deliver results as they complete, and what writes at each step's end."""
    if "conditions" not in probe.config:
        return {}, []
    made: list[Completion] = []

    def completion() -> Completion:
        if not made:
            from .completion import Completion

            made.append(Completion(probe, recording))
        return made[0]

    @functools.cache
    def threads() -> Threads:
        from .completion_threads import Threads

        return Threads(completion())

    def deliver(name: str, module: Any) -> None:
        import_module(f".{name}", __package__).install(completion(), module)

    def watch(what: str, *args: Any) -> None:
        from . import tasks

        getattr(tasks, what)(probe, *args)

    def end_step() -> None:
        for each in made:
            each.end_step()

    guarded = {
        module: probe.guarded(f"order of results of {module}", functools.partial(deliver, name))
        for module, name in _DELIVERING.items()
    }
    guarded["threading"] = probe.guarded("threads", lambda module: threads().install(module))
    guarded["concurrent.futures.thread"] = probe.guarded(
        "work in threads", lambda module: threads().install_in_pools(module)
    )
    workers = {
        "multiprocessing.pool": functools.partial(watch, "watch_pool"),
        "concurrent.futures.process": functools.partial(watch, "watch_executor"),
        "joblib.externals.loky.process_executor": functools.partial(watch, "watch_executor"),
        "joblib._parallel_backends": functools.partial(watch, "replay_batches", recording),
    }
    tasks = {module: probe.guarded(f"tasks of {module}", hook) for module, hook in workers.items()}
    return combined(guarded, tasks), [probe.guarded("order of results", end_step)]

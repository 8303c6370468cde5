"""Installs the probes for the order of concurrent results."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from . import completion_asyncio, completion_distributed, completion_futures, completion_joblib, completion_pools
from .completion import Completion
from .completion_threads import Threads

if TYPE_CHECKING:
    from collections.abc import Callable

    from .probe import Probe
    from .recording import Recording


def install(probe: Probe, recording: Recording) -> tuple[dict[str, Callable[[Any], None]], list[Callable[[], None]]]:
    """Hooks for the modules that deliver results as they complete, and what writes at each step's end."""
    if "conditions" not in probe.config:
        return {}, []
    completion = Completion(probe, recording)
    hooks = {
        "asyncio.tasks": completion_asyncio.install,
        "concurrent.futures": completion_futures.install,
        "distributed.client": completion_distributed.install,
        "joblib.parallel": completion_joblib.install,
        "multiprocessing.pool": completion_pools.install,
    }
    guarded = {
        name: probe.guarded(f"order of results of {name}", functools.partial(hook, completion))
        for name, hook in hooks.items()
    }
    threads = Threads(completion)
    guarded["threading"] = probe.guarded("threads", threads.install)
    guarded["concurrent.futures.thread"] = probe.guarded("work in threads", threads.install_in_pools)
    return guarded, [probe.guarded("order of results", completion.end_step)]

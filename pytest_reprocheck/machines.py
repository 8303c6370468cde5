"""The use case: find out what this machine can keep runs from, while the caller goes on with something else."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable
from concurrent.futures import Future

from pytest_reprocheck.execution.machine import Machine, probe_machine

__all__ = ["Machine", "finding_out"]


def finding_out(*, at_once: bool) -> Callable[[], Machine]:
    """A function that answers when it is known; otherwise it is tried at the first question.

    The answer raises what the trial did.
    """
    return _beside() if at_once else functools.cache(probe_machine)


def _beside() -> Callable[[], Machine]:
    found: Future[Machine] = Future()

    def find_out() -> None:
        try:
            found.set_result(probe_machine())
        except BaseException as error:  # whoever asks is told
            found.set_exception(error)

    # No daemon: the trial's folder is removed before the process ends.
    threading.Thread(target=find_out, name="reprocheck-machine").start()
    return found.result

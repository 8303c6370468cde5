"""The use case: find out what this machine can keep runs from, while the caller goes on with something else."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable

from pytest_reprocheck.execution.machine import Machine, probe_machine

__all__ = ["Machine", "finding_out"]


def finding_out(*, at_once: bool) -> Callable[[], Machine]:
    """A function that answers when it is known; otherwise it is tried at the first question.

    The answer raises OSError where the trial did.
    """
    return _beside() if at_once else functools.cache(probe_machine)


def _beside() -> Callable[[], Machine]:
    found: list[Machine] = []
    failed: list[OSError] = []

    def find_out() -> None:
        try:
            found.append(probe_machine())
        except OSError as error:
            failed.append(error)

    def answer() -> Machine:
        trial.join()
        if failed:
            raise failed[0]
        return found[0]

    # No daemon: the trial's folder is removed before the process ends.
    trial = threading.Thread(target=find_out, name="reprocheck-machine")
    trial.start()
    return answer

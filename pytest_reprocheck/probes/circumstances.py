"""What user code reads from its surroundings: clock, process id, time zone, locale, processors, addresses."""

from __future__ import annotations

import functools
import sys
from os import getpid

from . import clock, local
from .addresses import Addresses
from .cpus import Cpus
from .imports import BeforeImport
from .kernels import Kernels
from .pid import Pids
from .reads import Reads
from .variables import Variables
from .variables import hooks as hooks_of_variables

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from .probe import Probe
    from .recording import Recording

    Hooks = dict[str, Callable[[Any], None]]


def install(probe: Probe, recording: Recording) -> tuple[Hooks, list[Callable[[], None]]]:
    """Patch what is loaded already; gives hooks for what may be imported later, and what writes at each step's end.

    Nothing where the run has no conditions: observed inside a process that is not its own, it leaves them as they are.
    """
    if "conditions" not in probe.config:
        return {}, []
    reads = Reads(probe, probe.undo)
    pids, kernels = Pids(probe, recording, reads), Kernels(probe)
    cpus, variables = Cpus(probe, reads, pids.turned_back), Variables(probe, reads)
    facts = {
        "pid": str(getpid()),
        "cpus": cpus.measured(),
        "variables": variables.measured(),
        "timezone": local.timezone(),
        **dict([local.locale()]),
        **kernels.asked_for(),
    }
    addresses = Addresses(probe, reads)
    for each in (pids, cpus, variables, addresses):
        each.install()
    hooks: Hooks = {
        "copy": addresses.spare,
        "pickle": addresses.spare,
        "locale": functools.partial(local.install_in_locale, reads),
        **cpus.hooks(),
        **hooks_of_variables(variables),
    }
    counted = hooks["psutil"]

    def hook_psutil(module: Any) -> None:
        counted(module)
        pids.install_in_psutil(module)

    hooks["psutil"] = hook_psutil
    if sys.implementation.name == "cpython":
        moved = clock.Clock(probe, recording)
        clock.install(moved)
        hooks["datetime"] = functools.partial(_install_in_datetime, probe, moved)
        hooks["numpy"] = functools.partial(_install_in_numpy, probe, moved)
        own_clock = BeforeImport("_time_machine", probe.guarded("clock", functools.partial(_give_back, probe, moved)))
        own_clock.install()
        probe.undo(own_clock.uninstall)
        facts["clock"] = moved.measured()
    else:
        facts["clock problem"] = "datetime can be watched in CPython alone"
    if probe.log.main:
        probe.log.write({"type": "facts", "facts": facts})
    return hooks, [probe.guarded("threads and instructions", kernels.end_step)]


def _install_in_datetime(probe: Probe, moved: clock.Clock, module: Any) -> None:
    from .datetimes import Datetimes

    Datetimes(probe, moved, module).install()


def _install_in_numpy(probe: Probe, moved: clock.Clock, module: Any) -> None:
    from . import numpy_clock

    numpy_clock.install(probe, moved, module)


def _give_back(probe: Probe, moved: clock.Clock) -> None:
    """The user sets the clock with time-machine, which takes whatever stands in ``time`` for functions of C."""
    moved.patches.close()
    probe.log.write({"type": "facts", "facts": {"clock problem": "time-machine sets the clock in this program"}})

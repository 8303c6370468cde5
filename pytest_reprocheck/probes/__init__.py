"""What runs inside an audited process: serves unseeded draws from recorded streams and logs what the subject does.

Loaded by path, before user code, into processes where this project is not installed: standard library only, relative
imports only, and no library is imported that the subject has not imported itself. No result, pickle, source,
signature, traceback or warning changes.
"""

from __future__ import annotations

import functools
import sys
from os import environ, path, uname

from . import circumstances, concurrency, devices, entropy, files, outside, reach, recording, relocation, renaming, rows
from .frames import without_this_frame
from .imports import ImportHooks, combined
from .jsons import loads
from .libraries import Libraries
from .log import FileLog, MemoryLog
from .outside.network import Network
from .outside.network import facts as network_facts
from .probe import Probe
from .records import record
from .steps import Steps

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

    from .preloaded import Preloaded
    from .queries import Queries

__all__ = ["Recording", "Started", "loads", "observe", "run_script", "start"]


@record(frozen=True, kw_only=True, slots=True)
class Started:
    """What a script's or a notebook's process was given."""

    probe: Probe
    steps: Steps


@record(frozen=True, kw_only=True, slots=True)
class Recording:
    """What a function did when it was observed."""

    lines: tuple[dict[str, Any], ...]
    """The log's lines; the last ones are the observation of the return value, where there is one, and the end."""
    result: object
    """What it returned; None when it raised."""
    exception: BaseException | None
    """What it raised."""


def start(config: Mapping[str, Any], preloaded: Preloaded | None = None) -> Started:
    """Install the probes in this process for good.

    Args:
        config: child.json (``docs/architecture.md``, "The wire").
        preloaded: what was imported before this process was forked; None in a process that was started anew.
    """
    if preloaded is None:
        return _start(config, None)
    with preloaded.followed(list(sys.modules.values())):
        return _start(config, preloaded)


def _start(config: Mapping[str, Any], preloaded: Preloaded | None) -> Started:
    probe = Probe(config, FileLog(config["log"]), None if preloaded is None else preloaded.modules)
    if probe.log.main:
        _write_facts(probe)
        probe.log.write({"type": "facts", "facts": {"start": "forked" if preloaded else "fresh"}})
    probe.guarded("imports from the project", relocation.install)(config)
    renaming.install(probe)
    hooks, at_end = _install(probe)
    more_hooks, more_at_end = _install_surroundings(probe)
    network = Network(probe)
    network.install()
    hooks["_socket"] = probe.guarded("names of hosts", network.remember_names)
    steps = Steps(probe, config["path"], [*at_end, *more_at_end])
    if config["kind"] == "notebook" and probe.log.main:
        from . import notebook_steps

        hook = functools.partial(notebook_steps.install, probe, steps, config=config)
        hooks["IPython.core.interactiveshell"] = probe.guarded("cells", hook)
        if not config.get("attended"):
            from . import debugging

            hooks |= debugging.install()
    if config["kind"] == "script":
        from . import figures

        hooks["matplotlib.backend_bases"] = probe.guarded("figures", functools.partial(figures.install, probe))
    ImportHooks(combined(hooks, *more_hooks), preloaded).install()
    return Started(probe=probe, steps=steps)


def run_script(main: dict[str, Any]) -> None:
    """Run the script of this process in the namespace of ``__main__``; what it raises comes out."""
    from contextlib import suppress

    from . import script_steps

    started: Started | None = globals().get("started")
    if started is None:
        with open(environ["REPROCHECK_CHILD"], encoding="utf-8") as file:  # noqa: PTH123  (see frames.py)
            config = loads(file.read())
        # Tells that the interpreter has started, as the first line of an observed run does.
        with suppress(OSError), open(path.join(config["log"], "main.jsonl"), "ab"):  # noqa: PTH118, PTH123
            pass
    try:
        if started is None:
            script_steps.run(config, main, None, None)
        else:
            script_steps.run(started.probe.config, main, started.probe, started.steps)
    except BaseException as error:
        without_this_frame(error)
        raise


def observe(
    function: Callable[..., object], args: Sequence[object], kwargs: Mapping[str, Any], config: Mapping[str, Any]
) -> Recording:
    """Run a function in this process as ``start`` would have it run, and leave everything as it was.

    Args:
        function: called once.
        args: its positional arguments.
        kwargs: its keyword arguments.
        config: ``root``, ``path``, ``seed``, and where wanted ``streams``, ``blobs`` and ``kept``, as in child.json.
    """
    log = MemoryLog()
    probe = Probe(config, log)
    _write_facts(probe)
    hooks, at_end = _install(probe)
    watching = ImportHooks(combined(hooks, files.install_written(probe)))
    watching.install()
    result: object = None
    error: BaseException | None = None
    try:
        result = function(*args, **kwargs)
    except BaseException as raised:
        error = raised.with_traceback(raised.__traceback__ and raised.__traceback__.tb_next)
    finally:
        for write in at_end:
            write()
        if error is None:
            probe.observe("outputs", "return value", probe.encode(result))
        reached = sorted(reach.used_by(function, probe.frames))
        log.numbered({"type": "end", "reached": reached, "packages": {}, "stdout": None, "stderr": None})
        watching.uninstall()
        probe.stop()
    return Recording(lines=tuple(log.lines), result=result, exception=error)


def _install(probe: Probe) -> tuple[dict[str, Callable[[Any], None]], list[Callable[[], None]]]:
    """Patch what is loaded already; gives hooks for what may be imported later, and what writes at each step's end."""
    entropy.install(probe)
    libraries = Libraries(probe)
    guarded = {
        name: probe.guarded(f"unseeded draws and fits of {name}", hook) for name, hook in libraries.hooks().items()
    }
    outer = {} if probe.config.get("attended") else outside.hooks(probe)
    effects = {name: probe.guarded(f"effects of {name}", hook) for name, hook in outer.items()}
    return combined(guarded, effects), libraries.ends()


def _install_surroundings(probe: Probe) -> tuple[list[dict[str, Callable[[Any], None]]], list[Callable[[], None]]]:
    """What a process of its own reads from its surroundings; as ``_install``, several hooks for a module being fine."""
    kept = recording.Recording(probe)
    circumstance_hooks, circumstance_ends = circumstances.install(probe, kept)
    concurrency_hooks, concurrency_ends = concurrency.install(probe, kept)
    named = {name: probe.guarded(f"surroundings of {name}", hook) for name, hook in circumstance_hooks.items()}
    told, telling, ends = _install_queries(probe)
    row_hooks = {name: probe.guarded(f"row order of {name}", hook) for name, hook in rows.hooks(probe, told).items()}
    hooks = [named, concurrency_hooks, files.install(probe), row_hooks, telling, devices.hooks(probe)]
    used = probe.guarded("devices", devices.Devices(probe).end_step)
    return hooks, [*circumstance_ends, *concurrency_ends, *ends, used]


def _install_queries(
    probe: Probe,
) -> tuple[Queries | None, dict[str, Callable[[Any], None]], list[Callable[[], None]]]:
    """What tells of the rows that queries give, where the run is to: it costs something for each row."""
    if not probe.config.get("tells_rows"):
        return None, {}, []
    from .queries import Queries

    told = Queries(probe)
    hook = probe.guarded("rows of sqlite3", told.watch_sqlite)
    return told, {"sqlite3": hook}, [probe.guarded("rows of queries", told.end_step)]


def _write_facts(probe: Probe) -> None:
    facts = {
        "python": sys.version.partition(" ")[0],
        "executable": sys.executable,
        "root": str(probe.config["root"]),
        "scratch": environ.get("TMPDIR") or ("/tmp" if probe.config.get("attended") else ""),  # noqa: S108
        "home": environ.get("HOME", ""),
        "host": uname().nodename,
        "digest": probe.digests.name,
        "encoding": "1",
        "hash": str(hash("reprocheck")),
        "directory": relocation.seen_at(probe.config),
        "seed": "applied",
        **network_facts(probe.config.get("conditions") or {}),
    }
    probe.log.write({"type": "facts", "facts": facts})

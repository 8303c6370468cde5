"""Trackers that user code points at a server by itself: they are given the run's scratch store instead.

What the environment says of trackers, the run's own environment has changed already.
"""

from __future__ import annotations

import functools
from os import path

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .guard import Guard

_MLFLOW = ("get_tracking_uri", "_resolve_tracking_uri", "get_registry_uri", "_resolve_registry_uri")
"""Every store that MLflow opens is named by one of these, however it was set."""
_NAMED_SERVERS = frozenset({"databricks", "databricks-uc", "uc"})
_STORED_HERE = frozenset({"", "file", "sqlite"})


def install(guard: Guard, name: str, module: Any) -> None:
    """Redirect MLflow, and keep W&B offline."""
    if not guard.probe.config.get("scratch"):
        return
    if name.startswith("mlflow"):
        for function in _MLFLOW:
            if function in vars(module):
                _redirect(guard, module, function)
    else:
        _keep_offline(guard, module)


def _redirect(guard: Guard, module: Any, name: str) -> None:
    plain = getattr(module, name)
    scratch = "file://" + path.join(str(guard.probe.config["scratch"]), "mlruns")  # noqa: PTH118  (see frames.py)
    local = guard.probe.guarded("where MLflow stores", functools.partial(_is_local, guard))

    @functools.wraps(plain)
    def uri(*args: Any, **kwargs: Any) -> Any:
        found = plain(*args, **kwargs)
        return found if found is None or not guard.probe.active or local(str(found)) else scratch

    guard.probe.replace(module, name, uri)


def _is_local(guard: Guard, uri: str) -> bool:
    from urllib.parse import urlsplit

    parts = urlsplit(uri)
    if parts.scheme in _STORED_HERE and uri not in _NAMED_SERVERS:
        return True
    return parts.hostname is not None and guard.passes(parts.hostname, parts.port)


def _keep_offline(guard: Guard, module: Any) -> None:
    """``wandb.init(mode="online")`` outweighs the environment; the program that sends is no Python."""
    from os import environ

    plain = module.init

    @functools.wraps(plain)
    def init(*args: Any, **kwargs: Any) -> Any:
        if guard.probe.active and environ.get("WANDB_MODE") == "offline" and kwargs.get("mode") in ("online", "shared"):
            kwargs["mode"] = "offline"
        return plain(*args, **kwargs)

    guard.probe.replace(module, "init", init)

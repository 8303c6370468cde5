"""Experiment trackers in a run: what they would send to a server goes to a store in the run's scratch folder.

By the trackers' own documented variables. A server that the user allows writing to gets what is logged, of every run.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from urllib.parse import urlsplit


@dataclass(frozen=True, kw_only=True, slots=True)
class Tracker:
    """One tracker's way to stay offline."""

    variables: Mapping[str, str]
    """``{scratch}`` stands for the run's scratch folder."""
    host: str
    """The server it speaks to."""
    server: str
    """The variable that names another server."""


_TRACKERS = (
    # Where MLflow is told of a server, the probes redirect it: a store that the project has itself stays its store.
    Tracker(variables={"MLFLOW_ALLOW_FILE_STORE": "true"}, host="", server=""),
    Tracker(
        # Silent, because what it says on the way names the run's folder and a random id.
        variables={"WANDB_MODE": "offline", "WANDB_DIR": "{scratch}", "WANDB_SILENT": "true"},
        host="api.wandb.ai",
        server="WANDB_BASE_URL",
    ),
    Tracker(
        variables={"COMET_START_ONLINE": "0", "COMET_OFFLINE_DIRECTORY": "{scratch}"},
        host="www.comet.com",
        server="COMET_URL_OVERRIDE",
    ),
    Tracker(
        variables={"NEPTUNE_MODE": "offline", "NEPTUNE_LOG_DIRECTORY": "{scratch}"}, host="app.neptune.ai", server=""
    ),
    Tracker(
        variables={"CLEARML_OFFLINE_MODE": "1", "CLEARML_CACHE_DIR": "{scratch}"},
        host="api.clear.ml",
        server="CLEARML_API_HOST",
    ),
    Tracker(variables={"SWANLAB_MODE": "offline"}, host="api.swanlab.cn", server="SWANLAB_API_HOST"),
)
_NO_TELEMETRY = {
    "DO_NOT_TRACK": "1",
    "GRADIO_ANALYTICS_ENABLED": "False",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "WANDB_ERROR_REPORTING": "false",
}
"""Libraries that report their use would be refused for what the subject never asked for."""
_OFF = frozenset({"disabled", "dryrun", "offline"})


def offline(variables: Mapping[str, str], scratch: Path, allow_writes: Sequence[str]) -> dict[str, str]:
    """The variables to add, so that trackers keep to the scratch folder; modes that send nothing stay as they are."""
    added = dict(_NO_TELEMETRY)
    for tracker in _TRACKERS:
        host = urlsplit(variables.get(tracker.server, "")).hostname or tracker.host
        if any(fnmatchcase(host, pattern.partition(":")[0].lower()) for pattern in allow_writes):
            continue
        added |= {name: value.format(scratch=scratch) for name, value in tracker.variables.items()}
    return {name: value for name, value in added.items() if variables.get(name) not in _OFF}

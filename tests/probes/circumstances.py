"""Conditions as a child is told them, and the numbers that a run printed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from .children import Child, run_script

DAY = 86_400


def conditions(**changed: Any) -> dict[str, Any]:
    """The baseline's, with these changes."""
    same = {"listing": "sorted", "rows": 0, "clock_offset": 0, "clock_rate": 1.0, "timezone": "", "locale": ""}
    return {**same, "cpus": 0, "completion": "as-it-comes", "network": "on", "replays": [], "pinned": False, **changed}


def run(folder: Path, source: str, *, recording: str = "", **changed: Any) -> Child:
    """Run a script under these conditions; it ends well, and the probes have nothing to say against it."""
    child = run_script(folder / "project", source, conditions=conditions(**changed), recording=recording)
    assert (child.code, child.stderr) == (0, "")
    assert child.not_compared == []
    return child


def record(child: Child) -> str:
    """The folder that the run recorded its reads in."""
    return str(child.blobs.parent / "record")


def printed(child: Child) -> Any:
    """What the run printed as JSON."""
    return json.loads(child.stdout)


def facts(child: Child) -> dict[str, str]:
    """All facts of a run; later ones count."""
    return {name: text for line in child.of_type("facts") for name, text in line["facts"].items()}


def events(child: Child, source: str) -> list[tuple[str, str]]:
    """What user code called of this source, and the line."""
    return [(event.what, str(event.stack[0].place)) for event in child.events if event.source == source]

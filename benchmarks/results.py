"""Results of the corpora: a JSON file for each example, written when its audit has ended."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pytest_reprocheck.core.codec import from_json, to_json
from pytest_reprocheck.core.findings import Audit

Level = Literal["default", "hardware"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Result:
    """An example and its audit, or why there was none."""

    name: str
    """PROJECT/PATH, the path below the project's folder of examples."""
    level: Level
    """The factors that were varied."""
    left_out: str = ""
    """Why it was not audited; empty where it was."""
    date: str = ""
    """The day of the audit, ISO 8601 in UTC; empty where there was none."""
    cpu: float = 0.0
    """Seconds of processor time that all processes of the audit took together, its own not counted."""
    audit: Audit | None = None

    @property
    def project(self) -> str:
        """The project it is an example of."""
        return self.name.partition("/")[0]

    @property
    def path(self) -> str:
        """POSIX path below the project's folder of examples."""
        return self.name.partition("/")[2]

    @property
    def ran(self) -> bool:
        """Whether runs A and B came to a comparable end."""
        return self.audit is not None and self.audit.verdict not in ("failed", "blocked")


def file_of(folder: Path, level: Level, name: str) -> Path:
    """Where the result of an example lies below the folder of results."""
    return folder / level / f"{name}.json"


def store(folder: Path, result: Result) -> None:
    """Write a result as a whole or not at all, so that what is there can be gone on from."""
    file = file_of(folder, result.level, result.name)
    file.parent.mkdir(parents=True, exist_ok=True)
    part = file.with_suffix(".part")
    part.write_text(json.dumps(to_json(result), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    part.replace(file)


def load(file: Path) -> Result:
    """Read a result; raises DecodeError where it is of another format."""
    return from_json(Result, json.loads(file.read_text(encoding="utf-8")), str(file))


def load_all(folder: Path, level: Level) -> list[Result]:
    """All results of a level, by name."""
    return sorted((load(file) for file in (folder / level).rglob("*.json")), key=lambda result: result.name)

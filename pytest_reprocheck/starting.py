"""The use case before several audits: processes to fork their runs from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from pytest_reprocheck.core.errors import ReprocheckError
from pytest_reprocheck.core.sources import Unit
from pytest_reprocheck.core.subjects import Subject
from pytest_reprocheck.diagnose.needs import imported_modules
from pytest_reprocheck.execution.engine import FRESH, Engine, zygotes
from pytest_reprocheck.execution.reading import executed_cells, read_notebook
from pytest_reprocheck.execution.script import read_script

__all__ = ["FEWEST", "FRESH", "Engine", "forking", "modules_of"]

FEWEST = 3
"""Subjects from which on it pays to import in advance what they need."""


@contextmanager
def forking(subjects: Sequence[Subject], *, trusted: bool = False) -> Iterator[Engine]:
    """An engine for audits of these subjects; for one or two of them each run is started anew.

    ``trusted``: what forked runs show is reported as it is. That is for measuring many audits in little time.
    """
    if len(subjects) < FEWEST:
        yield FRESH
        return
    modules = frozenset(name for subject in subjects for name in modules_of(subject))
    with zygotes(modules=modules, trusted=trusted) as engine:
        yield engine


def modules_of(subject: Subject) -> frozenset[str]:
    """What a subject imports, and what those modules of its project import that it reaches by their names."""
    folders = dict.fromkeys([subject.file.parent, subject.root / (subject.cwd or ""), subject.root / "src"])
    found: set[str] = set()
    seen: set[Path] = set()
    waiting = _units(subject)
    while waiting:
        names = imported_modules(waiting.pop())
        found |= names
        for file in _files(names, list(folders)):
            if file not in seen:
                seen.add(file)
                waiting.append(Unit(path=file.name, cell=None, text=read_script(file)))
    return frozenset(found)


def _units(subject: Subject) -> list[Unit]:
    try:
        if subject.kind == "notebook":
            cells = executed_cells(read_notebook(subject))
            return [Unit(path=subject.path, cell=index, text=text) for index, text in cells]
        return [Unit(path=subject.path, cell=None, text=read_script(subject.file))] if subject.file.is_file() else []
    except ReprocheckError:
        return []  # its audit says why


def _files(names: frozenset[str], folders: Sequence[Path]) -> Iterator[Path]:
    for name in sorted(names):
        for folder in folders:
            base = folder.joinpath(*name.split("."))
            yield from (file for file in (base.with_suffix(".py"), base / "__init__.py") if file.is_file())

"""The cases of ``tests/cases`` and the marks in their code.

``# expect: CAUSE`` at the end of a line is what an audit has to find there; ``# not: CAUSE`` in a clean case is what
only looks like it; ``# warns: CAUSE`` is what it has to find there as a warning. A line ``# needs: PACKAGE`` names
a package, or ``gpu``, without which a case cannot run, ``# vary: FACTOR`` a factor of the level ``hardware`` that it
is about.
"""

from __future__ import annotations

import ast
import fnmatch
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from pytest_reprocheck.core.trace import Place
from pytest_reprocheck.execution.devices import devices

CASES = Path(__file__).resolve().parents[1] / "tests" / "cases"
_NEED = re.compile(r"^# needs: (\w+)$", re.MULTILINE)
_VARY = re.compile(r"^# vary: ([a-z ]+)$", re.MULTILINE)
_MARK = re.compile(r"#\s*(expect|warns|not):\s*([a-z-]+)\s*$")


@dataclass(frozen=True, order=True)
class Found:
    """A cause at a line, expected or reported."""

    cause: str
    place: str


@dataclass(frozen=True)
class CaseFile:
    """One notebook or script with what is marked in it and in the modules that it imports from beside it."""

    root: Path
    path: str
    """POSIX path relative to ``root``."""
    expected: frozenset[Found]
    traps: frozenset[str]
    """Causes that a clean case looks like."""
    missing: tuple[str, ...] = ()
    """Packages that it needs and that are not installed."""
    vary: tuple[str, ...] = ()
    """Factors of the level ``hardware`` that are varied besides those of the default level."""
    warned: frozenset[Found] = frozenset()
    """Of ``expected``, those that are told as a warning."""

    @property
    def is_notebook(self) -> bool:
        """Whether it is a notebook rather than a script."""
        return self.path.endswith(".ipynb")


def case_files(root: Path = CASES, pattern: str = "*") -> list[CaseFile]:
    """Notebooks and scripts directly in ``faulty`` and ``clean``; deeper files are their modules."""
    files = sorted(path for folder in ("faulty", "clean") for path in (root / folder).iterdir())
    return [
        _case_file(root, path)
        for path in files
        if path.suffix in (".py", ".ipynb") and fnmatch.fnmatch(path.relative_to(root).as_posix(), pattern)
    ]


def _case_file(root: Path, path: Path) -> CaseFile:
    expected: set[Found] = set()
    warned: set[Found] = set()
    vary: list[str] = []
    traps: set[str] = set()
    for source in _sources(path):
        relative = source.path.relative_to(root).as_posix()
        vary += [name for told in _VARY.findall(source.text) for name in told.split()]
        for number, line in enumerate(source.text.splitlines(), start=1):
            mark = _MARK.search(line)
            if mark and mark[1] in ("expect", "warns"):
                # What is stale is a cell, and no line of it.
                told = None if mark[2] == "stale-output" else number
                found = Found(mark[2], str(Place(path=relative, cell=source.cell, line=told)))
                expected.add(found)
                warned.update([found] if mark[1] == "warns" else [])
            elif mark:
                traps.add(mark[2])
    needed = [package for source in _own(path) for package in _NEED.findall(source.text)]
    return CaseFile(
        root=root,
        path=path.relative_to(root).as_posix(),
        expected=frozenset(expected),
        traps=frozenset(traps),
        missing=tuple(name for name in needed if not (devices() if name == "gpu" else find_spec(name))),
        vary=tuple(vary),
        warned=frozenset(warned),
    )


@dataclass(frozen=True)
class _Source:
    """The text of a file or of a notebook's cell."""

    path: Path
    cell: int | None
    text: str


def _sources(subject: Path) -> Iterator[_Source]:
    """The subject's own text and that of the modules beside it that it imports, directly or through one another."""
    waiting = list(_own(subject))
    seen = {subject}
    while waiting:
        source = waiting.pop()
        yield source
        for file in _imported(source, subject.parent):
            if file not in seen:
                seen.add(file)
                waiting += _own(file)


def _own(path: Path) -> Iterator[_Source]:
    text = path.read_text(encoding="utf-8")
    if path.suffix != ".ipynb":
        yield _Source(path, None, text)
        return
    for index, cell in enumerate(json.loads(text)["cells"]):
        if cell["cell_type"] == "code":
            yield _Source(path, index, "".join(cell["source"]))


def _imported(source: _Source, folder: Path) -> Iterable[Path]:
    lines = ["pass" if re.match(r"\s*[%!]", line) else line for line in source.text.splitlines()]
    for node in ast.walk(ast.parse("\n".join(lines))):
        if isinstance(node, ast.Import):
            names, base = [alias.name for alias in node.names], folder
        elif isinstance(node, ast.ImportFrom):
            module = node.module or ""
            names = [module, *(f"{module}.{alias.name}".lstrip(".") for alias in node.names)]
            base = source.path.parents[node.level - 1] if node.level else folder
        else:
            continue
        candidates = (base.joinpath(*name.split(".")).with_suffix(".py") for name in names if name)
        yield from (candidate for candidate in candidates if candidate.is_file())

"""Notebooks for papermill, and papermill itself, with its own engine or with that of this package."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from importlib.metadata import entry_points
from pathlib import Path
from types import MappingProxyType
from typing import Any

import nbformat
import papermill

from pytest_reprocheck.core.findings import Audit
from pytest_reprocheck.report.machine import load_report

Cell = str | tuple[str, str]
"""A code cell's source, or that and its tag."""
NOTHING: Mapping[str, str] = MappingProxyType({})


def write(path: Path, *cells: Cell, kernel: str = "python3", language: str = "python") -> Path:
    """A notebook of these code cells, whose ids are known."""
    nodes = []
    for number, cell in enumerate(cells):
        source, tags = (cell, []) if isinstance(cell, str) else (cell[0], [cell[1]])
        nodes.append(nbformat.v4.new_code_cell(source, id=f"cell-{number}", metadata={"tags": tags}))  # type: ignore[no-untyped-call]
    spec = {"name": kernel, "display_name": kernel, "language": language}
    notebook = nbformat.v4.new_notebook(cells=nodes, metadata={"kernelspec": spec})  # type: ignore[no-untyped-call]
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, path)  # type: ignore[no-untyped-call]
    return path


def execute(source: object, target: object, *, engine: str | None = "reprocheck", **options: Any) -> Any:
    """``papermill.execute_notebook`` in this process."""
    return papermill.execute_notebook(source, target, engine_name=engine, progress_bar=False, **options)


def started(
    folder: Path, *arguments: str, variables: Mapping[str, str] = NOTHING, **options: Any
) -> subprocess.Popen[str]:
    """The command, under way in a folder."""
    path = [str(_registered(folder.parent)), os.environ.get("PYTHONPATH", "")] if not _is_registered() else []
    environment = {**os.environ, **({"PYTHONPATH": os.pathsep.join(path)} if path else {}), **variables}
    command = [sys.executable, "-m", "papermill", *arguments]
    pipe = subprocess.PIPE
    return subprocess.Popen(
        command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=pipe, stderr=pipe, text=True, **options
    )


def _is_registered() -> bool:
    """Whether the installation has the entry point: one made from sources before it was there has not."""
    return "reprocheck" in {each.name for each in entry_points(group="papermill.engine")}


def _registered(folder: Path) -> Path:
    """A folder for the module path with the entry point as an installation has it."""
    place = folder / "installed"
    about = place / "engine_of_reprocheck-1.dist-info"
    about.mkdir(parents=True, exist_ok=True)
    target = "pytest_reprocheck.papermill_engine:ReprocheckEngine"
    (about / "entry_points.txt").write_text(f"[papermill.engine]\nreprocheck = {target}\n", encoding="utf-8")
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: engine-of-reprocheck\nVersion: 1\n", encoding="utf-8")
    return place


def read(path: Path) -> Any:
    """A notebook as it stands in its file."""
    return nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]


def audit_in(notebook: Any) -> Audit:
    """The audit in the metadata of an output notebook."""
    (found,) = load_report(nbformat.writes(nbformat.from_dict(notebook.metadata.reprocheck))).subjects  # type: ignore[no-untyped-call]
    return found


def first_cell(notebook: Any) -> str:
    """The text of the cell with the findings."""
    assert notebook.cells[0].metadata.tags == ["reprocheck-findings"]
    return str(notebook.cells[0].source)


def as_papermill_has_it(notebook: Any) -> Any:
    """A notebook without what is ours, and without times and generated ids."""
    plain = nbformat.from_dict(notebook)  # type: ignore[no-untyped-call]
    plain.metadata.pop("reprocheck", None)
    plain.cells = [cell for cell in plain.cells if "reprocheck-findings" not in cell.metadata.get("tags", [])]
    for node in (plain, *plain.cells):
        for name in ("start_time", "end_time", "duration", "output_path"):
            node.metadata.get("papermill", {}).pop(name, None)
        node.metadata.pop("execution", None)  # when messages came
        if not str(node.get("id", "")).startswith("cell-"):
            node.pop("id", None)
    return plain


def lines_of(text: str) -> Sequence[str]:
    """What papermill logs, without our lines and without names of output files."""
    return [line for line in text.splitlines() if not line.startswith(("reprocheck: ", "Output Notebook: "))]

"""Small projects and single runs of them."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import nbformat

from pytest_reprocheck.core.conditions import baseline
from pytest_reprocheck.core.subjects import Subject
from pytest_reprocheck.core.trace import Trace
from pytest_reprocheck.execution.limits import Limits
from pytest_reprocheck.execution.running import runner

BEGUN = "import os; open(os.environ['REPROCHECK_TEST_BEGUN'], 'w').close()"
"""What a subject says when it has begun (the fixture ``unhurried``)."""


def write(root: Path, files: Mapping[str, str]) -> None:
    """Write the files of a project."""
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text), encoding="utf-8")


def write_notebook(path: Path, *cells: str, kernel: str = "python3", tags: Mapping[int, str] | None = None) -> None:
    """Write a notebook of code cells; ``tags`` gives some of them a tag."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = [nbformat.v4.new_code_cell(textwrap.dedent(cell)) for cell in cells]  # type: ignore[no-untyped-call]
    for index, tag in (tags or {}).items():
        new[index].metadata["tags"] = [tag]
    metadata = {"kernelspec": {"name": kernel, "display_name": kernel, "language": "python"}}
    notebook = nbformat.v4.new_notebook(cells=new, metadata=metadata)  # type: ignore[no-untyped-call]
    nbformat.write(notebook, path)  # type: ignore[no-untyped-call]


def run_once(subject: Subject, *, timeout: float | None = 60, **limits: Any) -> Trace:
    """One run under conditions A."""
    with runner(subject, limits=Limits(run=timeout, **limits)) as executor:
        (trace,) = executor.run([baseline(subject.name, threads=1)])
    return trace


def outputs(trace: Trace, what: str = "stdout") -> str:
    """All text that the run put out under a name."""
    return "".join(
        item.value.text for item in trace.observations if item.what == what and item.value.kind in ("text", "scalar")
    )

"""Reading a notebook as it will be run: parameters injected, markers and tags of nbval and nbmake honoured."""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import nbformat
from nbformat import NotebookNode, ValidationError

from pytest_reprocheck.core.errors import SubjectError
from pytest_reprocheck.core.executions import SavedCell
from pytest_reprocheck.core.mimes import OWN
from pytest_reprocheck.core.subjects import Subject

_SKIP = "skip-execution"
_RAISES = "raises-exception"
FINDINGS_TAG = "reprocheck-findings"
"""Of the cell that shows an audit's findings in an executed notebook."""
_INDEX = "reprocheck-index"
"""Metadata of the notebook in memory: a cell's index in the user's file, which injected parameters would shift."""


def read_notebook(subject: Subject) -> NotebookNode:
    """The subject's notebook in format 4, parameters injected; raises SubjectError when it is none."""
    try:
        text = subject.file.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise SubjectError("no such file", where=subject.path) from None
    except (OSError, UnicodeDecodeError) as error:
        raise SubjectError(f"cannot be read: {error}", where=subject.path) from error
    try:
        data = json.loads(text)
    except json.JSONDecodeError as error:
        raise SubjectError(
            f"not a notebook: {error.msg}",
            where=f"{subject.path}:{error.lineno}:{error.colno}",
            hint="Resolve the merge conflict in it" if "<<<<<<<" in text else "A notebook is a JSON file",
        ) from error
    if not isinstance(data, dict) or not ("cells" in data or "worksheets" in data):
        raise SubjectError(
            "not a notebook: the JSON has no cells", where=subject.path, hint="Save it again with Jupyter"
        )
    notebook = _upgrade(subject, text)
    _honour_others(notebook)
    return _with_parameters(subject, notebook) if subject.parameters else notebook


def cells_in(subject: Subject) -> tuple[SavedCell, ...]:
    """The code cells of the subject's file as it is; raises SubjectError as ``read_notebook`` does."""
    notebook = read_notebook(replace(subject, parameters={}))
    return tuple(
        SavedCell(index=index, source=cell.source, cell=str(cell.get("id", "")))
        for index, cell in enumerate(notebook.cells)
        if cell.cell_type == "code" and cell.source.strip()
    )


def kernel_of(notebook: NotebookNode) -> str:
    """Name of the kernel that a notebook asks for; ``python3`` where it does not say."""
    return str(notebook.metadata.get("kernelspec", {}).get("name") or "python3")


def _upgrade(subject: Subject, text: str) -> NotebookNode:
    try:
        notebook: NotebookNode = nbformat.reads(text, as_version=4)  # type: ignore[no-untyped-call]
        sound = all(isinstance(cell.source, str) for cell in notebook.cells)
    except (AttributeError, KeyError, TypeError, ValueError, ValidationError) as error:
        # nbformat lets these through, depending on what is wrong.
        line = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise SubjectError(
            f"not a valid notebook: {line}", where=subject.path, hint="Save it again with Jupyter"
        ) from error
    if not sound:
        raise SubjectError(
            "not a valid notebook: a cell's source is no text", where=subject.path, hint="Save it again with Jupyter"
        )
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = []
            cell.execution_count = None
    return notebook


def _with_parameters(subject: Subject, notebook: NotebookNode) -> NotebookNode:
    from papermill.parameterize import parameterize_notebook

    if not notebook.metadata.get("kernelspec", {}).get("language") and not notebook.metadata.get("language_info"):
        notebook.metadata.setdefault("kernelspec", {"name": "python3", "display_name": "Python 3"})["language"] = (
            "python"
        )
    notebook.metadata.setdefault("papermill", {})
    for index, cell in enumerate(notebook.cells):
        cell.metadata.setdefault("tags", [])  # papermill looks at the tags of every cell
        cell.metadata[_INDEX] = index
    parameterized: NotebookNode = parameterize_notebook(notebook, dict(subject.parameters))
    before = 0
    for cell in parameterized.cells:
        before = cell.metadata.setdefault(_INDEX, before)  # the injected cell counts as the one before it
    return parameterized


def users_index(cell: NotebookNode, position: int) -> int:
    """The index in the user's file of the cell at a position of the notebook as it is run."""
    index: int = cell.metadata.get(_INDEX, position)
    return index


def cell_timeout_of(notebook: NotebookNode) -> float | None:
    """Seconds that each cell may take by the notebook's own metadata, as nbmake reads them; None where it has none."""
    seconds = _execution_metadata(notebook).get("timeout")
    if not isinstance(seconds, (int, float)) or isinstance(seconds, bool) or seconds <= 0:
        return None
    return float(seconds)


def _execution_metadata(notebook: NotebookNode) -> Mapping[str, Any]:
    found = notebook.metadata.get("execution", {})
    return found if isinstance(found, Mapping) else {}


def _honour_others(notebook: NotebookNode) -> None:
    """Give cells that nbval or nbmake would skip, or let raise, the tags that nbclient knows."""
    all_may_raise = _execution_metadata(notebook).get("allow_errors") is True
    for cell in notebook.cells:
        options = _nbval_options(cell)
        tags = list(cell.metadata.get("tags", []))
        if options.get("skip"):
            tags.append(_SKIP)
        if options.get("check_exception") or (all_may_raise and cell.cell_type == "code"):
            tags.append(_RAISES)
        if tags:
            cell.metadata["tags"] = tags


def code_after(cell: NotebookNode) -> str:
    """What nbmake executes after a cell by its metadata: values for variables, then ``post_cell_execute``."""
    found = cell.metadata.get("nbmake", {})
    told = found if isinstance(found, Mapping) else {}
    mocks = (f"{name} = {value!r}" for name, value in told.get("mock", {}).items())
    return "\n".join([*mocks, *map(str, told.get("post_cell_execute", []))])


def ignored_outputs(notebook: NotebookNode) -> dict[int, str]:
    """Cell index -> why its outputs are not compared, for cells with nbval's marker or tag to ignore them."""
    return {
        users_index(cell, index): "the cell is marked NBVAL_IGNORE_OUTPUT"
        for index, cell in enumerate(notebook.cells)
        if _nbval_options(cell).get("check") is False
    }


def _nbval_options(cell: NotebookNode) -> Mapping[str, Any]:
    if cell.cell_type != "code" or "nbval" not in (cell.source + str(cell.metadata.get("tags", ""))).lower():
        return {}  # nbval is costly to import, and few notebooks know it
    from nbval.plugin import find_comment_markers, find_metadata_tags

    # nbclient knows this one, and nbval warns where it stands beside its own of the same meaning.
    tags = [tag for tag in cell.metadata.get("tags", []) if tag != _RAISES]
    return {**dict(find_metadata_tags({"tags": tags})), **dict(find_comment_markers(cell.source))}


def executed_cells(notebook: NotebookNode) -> list[tuple[int, str]]:
    """(the user's index, source) of the code cells that nbclient will execute, in order."""
    return [
        (users_index(cell, index), cell.source)
        for index, cell in enumerate(notebook.cells)
        if cell.cell_type == "code" and cell.source.strip() and _SKIP not in cell.metadata.get("tags", [])
    ]


def stored_outputs(subject: Subject, notebook: NotebookNode) -> dict[int, list[NotebookNode]]:
    """Cell index -> the outputs that the user's file has, for cells that were executed before it was saved.

    Without the cells whose outputs nobody wants compared, and without the reports of audits. Empty for a notebook with
    parameters, whose stored outputs are of others.
    """
    if subject.parameters:
        return {}
    stored: NotebookNode = nbformat.reads(subject.file.read_text(encoding="utf-8"), as_version=4)  # type: ignore[no-untyped-call]
    left_out = ignored_outputs(notebook)
    return {
        index: [output for output in cell.outputs if OWN not in output.get("metadata", {})]
        for index, cell in enumerate(stored.cells)
        if cell.cell_type == "code" and index not in left_out and (cell.outputs or cell.execution_count is not None)
    }


def tags_of(notebook: NotebookNode) -> dict[int, tuple[str, ...]]:
    """The user's index -> the cell's tags, of cells that have some."""
    return {
        users_index(cell, index): tuple(str(tag) for tag in cell.metadata["tags"])
        for index, cell in enumerate(notebook.cells)
        if isinstance(cell.metadata.get("tags"), list) and cell.metadata["tags"]
    }


def with_sources(notebook: NotebookNode, sources: Mapping[int, str]) -> NotebookNode:
    """A copy with other sources for some of the user's cells."""
    changed = copy.deepcopy(notebook)
    for position, cell in enumerate(changed.cells):
        if "injected-parameters" not in cell.metadata.get("tags", []):
            cell.source = sources.get(users_index(cell, position), cell.source)
    return changed


def as_planned(notebook: NotebookNode, kernel: str, original: NotebookNode | None) -> NotebookNode:
    """A copy of what somebody else is about to execute: without outputs, its cells known by the user's own indices.

    Args:
        notebook: with its parameters injected.
        kernel: the kernel that it will be executed with.
        original: the notebook as the user has it; None where that cannot be told.
    """
    planned = copy.deepcopy(notebook)
    planned.metadata.setdefault("kernelspec", {})["name"] = kernel
    for cell in planned.cells:
        if cell.cell_type == "code":
            cell.outputs = []
            cell.execution_count = None
    cells = original.cells if original is not None else ()
    users = [index for index, cell in enumerate(cells) if not _is_added(cell)] or range(len(planned.cells))
    shift = 0
    for position, cell in enumerate(planned.cells):
        if _is_injected(cell) and not any(map(_is_injected, cells)):
            shift = 1  # the injected cell counts as the one before it
        cell.metadata[_INDEX] = users[min(max(position - shift, 0), len(users) - 1)]
    return planned


def _is_injected(cell: NotebookNode) -> bool:
    return "injected-parameters" in cell.metadata.get("tags", [])


def _is_added(cell: NotebookNode) -> bool:
    """Cells of an earlier output, which are taken out before the next execution."""
    return not {"papermill-error-cell-tag", FINDINGS_TAG}.isdisjoint(cell.metadata.get("tags", []))

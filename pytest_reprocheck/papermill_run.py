"""The face in papermill: what ``--engine reprocheck`` does with a notebook, its parameters already injected."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import nbformat
from jupyter_client.manager import AsyncKernelManager
from nbformat import NotebookNode
from papermill.engines import NBClientEngine
from papermill.iorw import papermill_io, write_ipynb
from papermill.log import logger

from pytest_reprocheck.accompanying import FINDINGS_TAG, Attended, as_planned, audit_beside
from pytest_reprocheck.auditing import audit
from pytest_reprocheck.collecting import Scope, entries_of
from pytest_reprocheck.config import Options, merged, parse_environment, read_config
from pytest_reprocheck.core.errors import ConfigError
from pytest_reprocheck.core.findings import Audit
from pytest_reprocheck.core.subjects import Json, Subject, find_root
from pytest_reprocheck.report.notebook import audit_metadata, findings_text
from pytest_reprocheck.report.terminal import is_told, render_headline

METADATA = "reprocheck"
"""The notebook's metadata with the report, or with a ``note`` why there is none."""


@dataclass(kw_only=True, slots=True)
class _Run:
    """papermill's own run of a notebook, made once."""

    notebook: NotebookNode
    kernel: str
    arguments: Mapping[str, Any]
    """What papermill says besides."""
    made: bool = False
    error: Exception | None = None
    """What it ended with, beside exceptions of cells, which are in the notebook."""

    def observed(self, environment: Mapping[str, str]) -> Attended:
        """Make it in an environment with the probes; without them where the kernel does not start like that."""
        base = self.arguments.get("kernel_manager_class", AsyncKernelManager)
        self._make({"kernel_manager_class": _in_environment(base, environment)})
        if self.error is not None and not any(_papermill(cell).get("start_time") for cell in self.notebook.cells):
            self.plain()
        failed = [index for index, cell in enumerate(self.notebook.cells) if _papermill(cell).get("exception")]
        return Attended(notebook=self.notebook, position=failed[0] if failed else None, error=self.error)

    def plain(self) -> None:
        """Make it as papermill does without us."""
        self._make({})

    def _make(self, more: Mapping[str, Any]) -> None:
        self.made, self.error = True, None
        try:
            self.notebook = NBClientEngine.execute_notebook(self.notebook, self.kernel, **{**self.arguments, **more})
        except Exception as error:
            self.error = error


@dataclass(kw_only=True, slots=True)
class _Told:
    """What is written into the notebook."""

    metadata: Mapping[str, Json] = field(default_factory=dict)
    text: str = ""
    """Of the first cell; empty for none."""


def execute_notebook(notebook: NotebookNode, kernel: str, **arguments: Any) -> NotebookNode:
    """Execute a notebook for papermill; its run is made once, whatever becomes of the audit."""
    notebook.cells = [cell for cell in notebook.cells if FINDINGS_TAG not in cell.metadata.get("tags", [])]
    notebook.metadata.pop(METADATA, None)
    run = _Run(notebook=notebook, kernel=kernel, arguments=arguments)
    try:
        told = _audited(run)
    except Exception as error:
        note = f"not audited: {error if isinstance(error, ConfigError) else f'{type(error).__name__}: {error}'}"
        logger.warning("reprocheck: %s", note)
        logger.debug("reprocheck", exc_info=True)
        told = _Told(metadata={"note": note})
    if not run.made:
        run.plain()
    _write(run.notebook, told)
    if run.error is not None:
        if arguments.get("output_path"):
            write_ipynb(run.notebook, arguments["output_path"])
        raise run.error
    return run.notebook


def _audited(run: _Run) -> _Told:
    """The audit's report; papermill's run is made on the way, unless that is not possible with an audit beside it."""
    if os.environ.get("REPROCHECK_CHILD"):
        raise ConfigError("this is a run of another audit", where="papermill")
    file = _file(run.arguments.get("input_path"))
    subject = _subject(file, run.notebook)
    config = read_config(subject.root)
    flags, settings = parse_environment(os.environ, config.papermill)
    options = _options(subject, Scope(root=subject.root, config=config, flags=flags, invoked_from=Path.cwd()))
    if options.cell_timeout is None:
        options = replace(options, cell_timeout=run.arguments.get("execution_timeout"))
    original = nbformat.read(file, as_version=4) if file is not None else None  # type: ignore[no-untyped-call]
    planned = as_planned(run.notebook, run.kernel, original)
    if settings.explain:
        result = audit(subject, replace(options, fenced=True), notebook=planned, progress=_progress)
    else:
        result = audit_beside(subject, planned, options, run.observed, progress=_progress)
    _log(result)
    text = findings_text(result) if settings.cell else ""
    return _Told(metadata=audit_metadata(result, tool_version=version("pytest-reprocheck")), text=text)


def _options(subject: Subject, scope: Scope) -> Options:
    """As the configuration has them for this notebook, and the environment; raises ConfigError."""
    entries = entries_of(subject.file, scope, named=True) if subject.file.is_file() else ()
    if entries and entries[0].problem:
        raise ConfigError(entries[0].problem)
    return entries[0].options if entries else merged(Options(), [scope.config.overrides, scope.flags])


def _subject(file: Path | None, notebook: NotebookNode) -> Subject:
    """The notebook in the project that it works in: papermill's working directory is in it, the file need not be."""
    folder = Path.cwd()
    root = find_root(folder)
    if file is not None and not file.is_relative_to(root) and folder.is_relative_to(find_root(file.parent)):
        root = find_root(file.parent)
    if root == Path(root.anchor):
        raise ConfigError(f"{root} is no project", where="papermill", hint="Name its folder with --cwd")
    given = _papermill(notebook).get("parameters") or {}
    parameters: dict[str, Json] = json.loads(json.dumps(given, default=str))
    inside = file is not None and file.is_relative_to(root)
    name = str(_papermill(notebook).get("input_path") or "").rpartition("/")[2]
    return Subject(
        root=root,
        path=file.relative_to(root).as_posix() if file is not None and inside else name or "notebook.ipynb",
        kind="notebook",
        parameters=dict(sorted(parameters.items())),
        cwd=folder.relative_to(root).as_posix(),
    )


def _file(given: object) -> Path | None:
    """The input where it is a file of this machine; a relative path starts where papermill was called, not at --cwd."""
    if not isinstance(given, str):
        return None
    handler = papermill_io.get_handler("local")
    called_from = handler.cwd(None)
    handler.cwd(called_from)
    file = Path(os.path.abspath(Path(called_from or ".", given)))  # noqa: PTH100 - links stay
    return file if file.is_file() else None


def _in_environment(base: type[Any], environment: Mapping[str, str]) -> type[Any]:
    """The kernel manager, with another environment for the kernel."""

    class Manager(base):  # type: ignore[misc]
        def start_kernel(self, **kwargs: Any) -> Any:
            return super().start_kernel(**{**kwargs, "env": {**environment, **kwargs.get("env", {})}})

    return Manager


def _papermill(node: NotebookNode) -> Mapping[str, Any]:
    """Papermill's metadata of a notebook or cell."""
    found = node.metadata.get("papermill")
    return found if isinstance(found, Mapping) else {}


def _write(notebook: NotebookNode, told: _Told) -> None:
    notebook.metadata[METADATA] = nbformat.from_dict(told.metadata)  # type: ignore[no-untyped-call]
    if told.text:
        shown = {"metadata": {"tags": [FINDINGS_TAG]}, "id": "reprocheck-findings"}
        cell = nbformat.v4.new_markdown_cell(told.text, **shown)  # type: ignore[no-untyped-call]
        if (notebook.nbformat, notebook.nbformat_minor) < (4, 5):
            del cell["id"]
        notebook.cells.insert(0, cell)


def _progress(step: str) -> None:
    logger.info("reprocheck: %s", {"B": "run B, isolated", "A": "run A, papermill's own"}.get(step, step))


def _log(result: Audit) -> None:
    headline = render_headline(result)
    if is_told(result):
        logger.warning("reprocheck: %s%s", headline, f": {result.reason}" if result.verdict == "blocked" else "")
    else:
        logger.info("reprocheck: %s", headline)

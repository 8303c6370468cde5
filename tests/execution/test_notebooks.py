"""Notebooks run in real kernels."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from jupyter_client.kernelspec import KernelSpecManager
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook

from pytest_reprocheck.core.errors import BlockedError, SubjectError
from pytest_reprocheck.core.subjects import Subject
from pytest_reprocheck.execution.kernel import kernel_specs
from pytest_reprocheck.execution.reading import FINDINGS_TAG, as_planned, users_index
from tests.execution.helpers import outputs, run_once, write_notebook


def notebook(root: Path, **options: object) -> Subject:
    return Subject(root=root, path="work/nb.ipynb", kind="notebook", **options)  # type: ignore[arg-type]


def test_outputs_events_and_steps(tmp_path: Path) -> None:
    """Cells are steps, streams are merged, the folder is the notebook's, draws have cell and line."""
    write_notebook(
        tmp_path / "work/nb.ipynb",
        "import os, random\nprint(os.path.basename(os.getcwd()))\nprint('more')",
        "x = random.random()\nx",
    )
    trace = run_once(notebook(tmp_path))
    assert trace.outcome.status == "finished"
    assert outputs(trace) == "work\nmore\n"
    assert [step.place.cell for step in trace.steps] == [0, 1]
    (event,) = trace.events
    assert (event.stream, event.stack[0].place.cell, event.stack[0].place.line) == ("random", 1, 1)
    assert "output 1 (text/plain)" in {item.what for item in trace.observations}


def test_a_cell_that_raises(tmp_path: Path) -> None:
    """The outcome has the cell and the line."""
    write_notebook(tmp_path / "work/nb.ipynb", "def f(x):\n    return 1 / x", "y = 1\n\nf(0)", "print('never')")
    outcome = run_once(notebook(tmp_path)).outcome
    assert (outcome.status, outcome.message) == ("raised", "ZeroDivisionError: division by zero")
    assert outcome.place is not None
    assert (outcome.place.cell, outcome.place.line) == (1, 3)


def test_tags_and_markers_of_the_field(tmp_path: Path) -> None:
    """skip-execution, raises-exception and nbval's markers mean what they mean elsewhere."""
    write_notebook(
        tmp_path / "work/nb.ipynb",
        "raise ValueError('expected')",
        "print('skipped')",
        "# NBVAL_IGNORE_OUTPUT\nprint('ignored')",
        "# NBVAL_SKIP\nprint('skipped too')",
        "print('kept')",
        tags={0: "raises-exception", 1: "skip-execution"},
    )
    trace = run_once(notebook(tmp_path))
    assert trace.outcome.status == "finished"
    assert outputs(trace) == "kept\n"
    assert outputs(trace, "error").splitlines()[-1] == "ValueError: expected"
    assert [item.reason for item in trace.not_compared] == ["the cell is marked NBVAL_IGNORE_OUTPUT"]


NBVAL = [
    ("# NBVAL_IGNORE_OUTPUT\nprint(1)", None, "", True),
    ("x = 1\n#NBVAL_IGNORE_OUTPUT\nprint(x)", None, "", True),
    ("print(1)", "nbval-ignore-output", "", True),
    ("# NBVAL_SKIP\nprint(1)", None, "", False),
    ("print(1)", "nbval-skip", "", False),
    ("print(1)", "skip-execution", "", False),
    ("# NBVAL_CHECK_OUTPUT\nprint(1)", None, "1\n", False),
    ("print(1)", "nbval-check-output", "1\n", False),
    ("# NBVAL_RAISES_EXCEPTION\n1 / 0", None, "", False),
    ("1 / 0", "nbval-raises-exception", "", False),
    ("1 / 0", "raises-exception", "", False),
]
"""A cell, its tag, what it adds to the standard output that is compared, and whether its outputs are left out."""


def test_every_marker_and_tag_of_nbval(tmp_path: Path) -> None:
    """Comments and tags: what is skipped does not run, what may raise lets the notebook go on."""
    tags = {index: tag for index, (_source, tag, _printed, _left_out) in enumerate(NBVAL) if tag is not None}
    write_notebook(tmp_path / "work/nb.ipynb", *(source for source, *_rest in NBVAL), "print('end')", tags=tags)
    trace = run_once(notebook(tmp_path))
    assert trace.outcome.status == "finished"
    assert outputs(trace) == "".join(printed for *_rest, printed, _left_out in NBVAL) + "end\n"
    skipped = {index for index, (source, tag, *_rest) in enumerate(NBVAL) if "skip" in f"{source} {tag}".lower()}
    assert {step.place.cell for step in trace.steps} == set(range(len(NBVAL) + 1)) - skipped
    assert [item.what for item in trace.not_compared] == [
        f"outputs of work/nb.ipynb cell[{index}]" for index, (*_rest, left_out) in enumerate(NBVAL) if left_out
    ]


def test_cells_metadata_of_nbmake(tmp_path: Path) -> None:
    """After a cell its mocks are set and its further lines executed, as no cell and no code of the user's."""
    path = tmp_path / "work/nb.ipynb"
    write_notebook(
        path,
        "epochs, name, rate = 1000, 'full', None\nprint('made')",
        "print(epochs, name, rate)",
        "1 / 0",
        "print(epochs, extra)",
        "x = 1",
        tags={2: "raises-exception"},
    )
    data = json.loads(path.read_text(encoding="utf-8"))
    data["cells"][0]["metadata"]["nbmake"] = {"mock": {"epochs": 2, "name": "it's", "rate": 0.5}}
    data["cells"][1]["metadata"]["nbmake"] = {
        "post_cell_execute": ["import random", "extra = len(str(random.random())) > 0", "print('unseen')"]
    }
    data["cells"][2]["metadata"]["nbmake"] = {"mock": {"epochs": 3}}
    path.write_text(json.dumps(data), encoding="utf-8")
    trace = run_once(notebook(tmp_path))
    assert trace.outcome.status == "finished"
    assert outputs(trace) == "made\n2 it's 0.5\n2 True\n"
    assert [step.place.cell for step in trace.steps] == [0, 1, 2, 3, 4]
    assert trace.events == ()
    data["cells"][4]["metadata"]["nbmake"] = {"post_cell_execute": ["assert x == 2"]}
    path.write_text(json.dumps(data), encoding="utf-8")
    outcome = run_once(notebook(tmp_path)).outcome
    assert (outcome.status, outcome.message) == ("raised", "AssertionError")
    assert outcome.place is not None
    assert outcome.place.cell == 4


def test_metadata_of_nbmake(tmp_path: Path) -> None:
    """A notebook that allows errors goes on after them; its time for a cell holds where nothing else is asked for."""
    path = tmp_path / "work/nb.ipynb"
    write_notebook(path, "1 / 0", "print('on')", "while True: pass")
    data = json.loads(path.read_text(encoding="utf-8"))
    data["metadata"]["execution"] = {"allow_errors": True, "timeout": 2}
    path.write_text(json.dumps(data), encoding="utf-8")
    trace = run_once(notebook(tmp_path))
    assert outputs(trace) == "on\n"
    assert outputs(trace, "error").endswith("ZeroDivisionError: division by zero")
    assert trace.outcome.status == "timeout"
    assert "no end of this cell after 2 s" in trace.outcome.message


def test_parameters_are_injected_as_papermill_does(tmp_path: Path) -> None:
    """After the cell tagged ``parameters``; cells keep the numbers that they have in the file, which is not touched."""
    path = tmp_path / "work/nb.ipynb"
    write_notebook(path, "alpha = 1", "print(alpha)", tags={0: "parameters"})
    before = path.read_bytes()
    trace = run_once(notebook(tmp_path, parameters={"alpha": 0.5}))
    assert outputs(trace) == "0.5\n"
    assert [step.place.cell for step in trace.steps] == [0, 0, 1]
    assert path.read_bytes() == before


def test_a_missing_kernel_blocks(tmp_path: Path) -> None:
    """The message lists what is installed and how to install what is not."""
    write_notebook(tmp_path / "work/nb.ipynb", "1", kernel="julia-9")
    with pytest.raises(BlockedError) as caught:
        run_once(notebook(tmp_path))
    assert "kernel 'julia-9', which is not installed (installed: " in str(caught.value)
    assert "python -m ipykernel install" in str(caught.value)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{ not json", "work/nb.ipynb:1:3: not a notebook: "),
        ("[]", "work/nb.ipynb: not a notebook: the JSON has no cells"),
        ('{"cells": 3, "nbformat": 4, "nbformat_minor": 5, "metadata": {}}', "work/nb.ipynb: not a valid notebook: "),
        (
            '{"cells": [{"cell_type": "code"}], "nbformat": 4, "nbformat_minor": 5}',
            "work/nb.ipynb: not a valid notebook: ",
        ),
    ],
)
def test_unreadable_notebooks_are_located_errors(tmp_path: Path, content: str, message: str) -> None:
    """Broken JSON, other JSON and broken notebooks are told apart."""
    path = tmp_path / "work/nb.ipynb"
    path.parent.mkdir()
    path.write_text(content)
    with pytest.raises(SubjectError) as caught:
        run_once(notebook(tmp_path))
    assert str(caught.value).startswith(message)


def test_cells_of_a_planned_notebook_keep_the_users_numbers() -> None:
    """Whether parameters were injected anew or again, and although cells of an earlier output are taken out."""

    def cells(*tags: str) -> NotebookNode:
        nodes = [new_code_cell(tag, metadata={"tags": [tag]}) for tag in tags]  # type: ignore[no-untyped-call]
        return new_notebook(cells=nodes)  # type: ignore[no-untyped-call, no-any-return]

    def numbers(planned: NotebookNode, original: NotebookNode | None) -> list[int]:
        found = as_planned(planned, "ir", original)
        assert found.metadata.kernelspec["name"] == "ir"
        return [users_index(cell, -1) for cell in found.cells]

    injected = "injected-parameters"
    assert numbers(cells("parameters", injected, "x"), cells("parameters", "x")) == [0, 0, 1]
    assert numbers(cells(injected, "x"), cells("x")) == [0, 0]
    assert numbers(cells("parameters", injected, "x"), cells("parameters", injected, "x")) == [0, 1, 2]
    assert numbers(cells("x", "y"), cells(FINDINGS_TAG, "x", "papermill-error-cell-tag", "y")) == [1, 3]
    assert numbers(cells("parameters", injected, "x"), None) == [0, 0, 1]


def test_the_debugger_is_loaded_by_those_alone_who_ask_for_it(tmp_path: Path) -> None:
    """A kernel starts without it; a cell can import it as anywhere else."""
    write_notebook(
        tmp_path / "work/nb.ipynb",
        "import sys\nprint([name for name in sys.modules if name.startswith('debugpy')])",
        "import debugpy\nprint(debugpy.__name__, callable(debugpy.breakpoint))",
    )
    assert outputs(run_once(notebook(tmp_path))) == "[]\ndebugpy True\n"


def test_kernels_are_looked_for_where_jupyter_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In Jupyter's folders, and in that of IPython, wherever it is."""
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    specs = KernelSpecManager()
    assert kernel_specs().kernel_dirs == specs.kernel_dirs
    assert str(tmp_path / "ipython/kernels") in specs.kernel_dirs

"""Stored outputs of notebooks against those of their runs."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from pytest_reprocheck.auditing import audit, subject_at
from pytest_reprocheck.core.findings import Audit


def cell(source: str, *outputs: dict[str, Any], count: int | None = 1, tags: tuple[str, ...] = ()) -> dict[str, Any]:
    """A code cell as it was saved."""
    metadata = {"tags": list(tags)} if tags else {}
    return {
        "cell_type": "code", "source": source, "outputs": list(outputs), "execution_count": count, "metadata": metadata
    }  # fmt: skip


def printed(text: str) -> dict[str, Any]:
    """What a cell printed."""
    return {"output_type": "stream", "name": "stdout", "text": text}


def result(text: str) -> dict[str, Any]:
    """The value of a cell's last line."""
    return {"output_type": "execute_result", "execution_count": 1, "metadata": {}, "data": {"text/plain": text}}


def audited(folder: Path, *cells: dict[str, Any], **changes: Any) -> Audit:
    """The audit of a notebook with these cells."""
    (folder / "pyproject.toml").touch()
    file = folder / "churn.ipynb"
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    data = {"nbformat": 4, "nbformat_minor": 4, "metadata": kernel, "cells": list(cells)}
    file.write_text(json.dumps(data), encoding="utf-8")
    return audit(replace(subject_at(file), **changes))


def test_outputs_that_are_up_to_date(tmp_path: Path) -> None:
    """Streams in pieces, results, durations and cells that were never run make no finding."""
    found = audited(
        tmp_path,
        cell("print('a')\nprint('b')", printed("a\n"), printed("b\n")),
        cell("0.1 + 0.2", result("0.30000000000000004")),
        cell("print('took 0.01 s')", printed("took 3.20 s\n")),
        cell("print('new')", count=None),
    )
    assert found.verdict == "reproducible"
    assert found.findings == ()


def test_outputs_of_other_code_are_a_warning(tmp_path: Path) -> None:
    """One for the notebook, at the first such cell, with both values and the command that mends it."""
    found = audited(
        tmp_path, cell("x = 3\nprint(x)", printed("2\n")), cell("y = 1"), cell("x * x", result("4")), cell("print(y)")
    )
    assert found.verdict == "reproducible"
    (finding,) = found.findings
    assert (finding.cause, finding.severity, finding.confirmed) == ("stale-output", "warning", True)
    assert (finding.location.cell, finding.location.line) == (0, None)
    assert [(effect.a, effect.b) for effect in finding.effects] == [("2", "3"), ("4", "9"), ("(absent)", "1")]
    assert "3 cells" in finding.message
    assert finding.remedy == "jupyter nbconvert --to notebook --execute --inplace churn.ipynb"


def test_what_differs_between_runs_is_not_stale(tmp_path: Path) -> None:
    """The cause is the unseeded draw alone."""
    found = audited(tmp_path, cell("import random\nprint(random.random())", printed("0.5\n")))
    assert [finding.cause for finding in found.findings] == ["unseeded-random"]


def test_what_nobody_wants_compared_is_left_out(tmp_path: Path) -> None:
    """nbval's marker and tag."""
    found = audited(
        tmp_path,
        cell("# NBVAL_IGNORE_OUTPUT\nprint(1)", printed("2\n")),
        cell("print(1)", printed("2\n"), tags=("nbval-ignore-output",)),
    )
    assert found.findings == ()


def test_stored_outputs_of_other_parameters(tmp_path: Path) -> None:
    """They are no matter of this run."""
    parameters = cell("alpha = 1", tags=("parameters",))
    assert audited(tmp_path, parameters, cell("print(alpha)", printed("1\n")), parameters={"alpha": 2}).findings == ()

"""What the recipes for workflow engines have them run."""

from __future__ import annotations

import logging
import subprocess
import sys
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import papermill.engines
import pytest
import yaml

from pytest_reprocheck.cli import main
from pytest_reprocheck.papermill_engine import ReprocheckEngine
from tests.docs.pages import blocks, files
from tests.faces.papermilling import read, started, write


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project whose notebook draws without a seed."""
    folder = tmp_path / "project"
    write(folder / "train.ipynb", ("alpha = 1.0", "parameters"), "import random\nalpha * random.random()")
    (folder / "pyproject.toml").touch()
    (folder / "runs").mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setenv("REPROCHECK_VARY", "seed")
    monkeypatch.setitem(papermill.engines.papermill_engines._engines, "reprocheck", ReprocheckEngine)
    return folder


def as_it_is(*functions: Callable[..., Any], **_options: object) -> Any:
    """A decorator of a workflow engine, which leaves the function what it is."""
    return functions[0] if functions else as_it_is


def module(monkeypatch: pytest.MonkeyPatch, name: str, **members: object) -> None:
    found = types.ModuleType(name)
    vars(found).update(members)
    monkeypatch.setitem(sys.modules, name, found)


def test_the_task_for_airflow(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It executes the notebook, writes its output, and fails for the verdict."""
    module(monkeypatch, "airflow")
    module(monkeypatch, "airflow.decorators", dag=lambda **_options: lambda _function: lambda: None, task=as_it_is)
    names: dict[str, Any] = {}
    exec(files("docs/recipes/airflow.md")["train_dag.py"], names)
    with pytest.raises(RuntimeError, match=r"train\.ipynb is nondeterministic: see .* runs/train-2026-01-02\.ipynb"):
        names["train"](alpha=0.5, day="2026-01-02")
    assert read(project / "runs/train-2026-01-02.ipynb").metadata.papermill.parameters == {"alpha": 0.5}


def test_the_flow_for_prefect(project: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    """It executes the notebook, logs the findings and gives the verdict."""
    module(monkeypatch, "prefect", flow=as_it_is, task=as_it_is, get_run_logger=logging.getLogger)
    names: dict[str, Any] = {"__name__": "train_flow"}
    exec(files("docs/recipes/prefect.md")["train_flow.py"], names)
    assert names["training"]() == "nondeterministic"
    assert "unseeded-random: random.random draws" in caplog.text


def test_the_commands_for_github_actions(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The workflow is one; papermill's command passes and writes, and the next one fails for the verdict."""
    (text,) = blocks("docs/recipes/github-actions.md", "yaml")
    jobs = yaml.safe_load(text)["jobs"]
    commands = [step["run"].split() for job in jobs.values() for step in job["steps"] if "run" in step]
    (execution,) = (words for words in commands if words[0] == "papermill")
    (gate,) = (words for words in commands if words[0] == "reprocheck")
    (audit,) = (words for words in commands if words[0] == "pytest")
    process = started(project, *execution[1:])
    told = process.communicate()[1]
    assert process.returncode == 0, told
    assert main(gate[1:]) == 1
    assert "unseeded-random" in capsys.readouterr().out
    assert main(["show", "out.ipynb"]) == 0
    command = [sys.executable, "-m", *audit, "--collect-only", "-q"]
    collected = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "train.ipynb::reprocheck" in collected.stdout
    assert main(["show", "train.ipynb"]) == 2
    assert "is no notebook with a report" in " ".join(capsys.readouterr().err.split())

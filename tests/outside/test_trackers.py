"""Experiment trackers keep to the run's scratch folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_reprocheck.execution.trackers import offline
from tests.outside.namespace import Namespace

SERVER = "http://10.20.30.40:8080"
MLFLOW = f"""
import os
os.environ["MLFLOW_TRACKING_URI"] = "{SERVER}"
import mlflow
mlflow.set_registry_uri("{SERVER}")
with mlflow.start_run():
    mlflow.log_metric("score", 1.0)
print(mlflow.MlflowClient("{SERVER}").search_experiments()[0].name)
print(mlflow.get_tracking_uri(), mlflow.get_registry_uri())
mlflow.set_tracking_uri("databricks")
print(mlflow.get_tracking_uri())
mlflow.set_tracking_uri("file:///stays")
print(mlflow.get_tracking_uri())
"""


def test_mlflow_logs_to_the_scratch_folder(far: Namespace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However the server was named; a store of the project's own stays where it is."""
    pytest.importorskip("mlflow")
    for name, value in offline({}, tmp_path, []).items():
        monkeypatch.setenv(name, value)
    child, sent = far.script(tmp_path / "p", MLFLOW, scratch=str(tmp_path / "scratch"))
    store = f"file://{tmp_path}/scratch/mlruns"
    assert child.stdout.splitlines() == ["Default", f"{store} {store}", store, "file:///stays"], child.stderr
    assert list((tmp_path / "scratch/mlruns").glob("*/*/metrics/score"))
    assert (list(sent), child.of_type("refusal")) == ([], [])


def test_a_server_that_is_allowed_is_used(far: Namespace, tmp_path: Path) -> None:
    """Nothing is redirected."""
    pytest.importorskip("mlflow")
    script = f"import mlflow\nmlflow.set_tracking_uri({SERVER!r})\nprint(mlflow.get_tracking_uri())\n"
    child, _sent = far.script(tmp_path / "p", script, scratch=str(tmp_path), allow_writes=["10.20.30.40"])
    assert child.stdout.strip() == SERVER, child.stderr


def test_wandb_stays_offline_when_code_asks_for_more(
    far: Namespace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The program that would send is no Python."""
    pytest.importorskip("wandb")
    for name, value in offline({}, tmp_path, []).items():
        monkeypatch.setenv(name, value)
    script = "import wandb\nrun = wandb.init(project='p', mode='online')\nrun.log({'a': 1})\nprint(run.settings.mode)\n"
    child, sent = far.script(tmp_path / "p", script, scratch=str(tmp_path))
    assert (child.stdout, list(sent)) == ("offline\n", []), child.stderr
    assert list(tmp_path.glob("wandb/offline-run-*"))


def test_variables_keep_trackers_offline() -> None:
    """All point into the scratch folder; a mode that sends nothing stays."""
    found = offline({"WANDB_MODE": "disabled"}, Path("/scratch"), [])
    assert "WANDB_MODE" not in found
    assert (found["WANDB_DIR"], found["NEPTUNE_MODE"], found["CLEARML_OFFLINE_MODE"]) == ("/scratch", "offline", "1")
    assert (found["COMET_START_ONLINE"], found["DO_NOT_TRACK"]) == ("0", "1")


@pytest.mark.parametrize(
    ("variables", "allowed", "mode"),
    [
        ({}, ["api.wandb.ai"], None),
        ({}, ["*.wandb.ai:443"], None),
        ({"WANDB_BASE_URL": "https://wandb.example.org"}, ["api.wandb.ai"], "offline"),
        ({"WANDB_BASE_URL": "https://wandb.example.org"}, ["wandb.example.org"], None),
    ],
)
def test_an_allowed_server_gets_what_is_logged(variables: dict[str, str], allowed: list[str], mode: str | None) -> None:
    """The others stay offline."""
    found = offline(variables, Path("/scratch"), allowed)
    assert (found.get("WANDB_MODE"), found["NEPTUNE_MODE"]) == (mode, "offline")

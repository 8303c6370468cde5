"""A run that sees the project elsewhere imports the project's modules from there, however they were installed."""

from __future__ import annotations

import json
import os
import sys
import venv
from pathlib import Path

import pytest

from pytest_reprocheck.core.conditions import baseline
from pytest_reprocheck.core.subjects import Subject
from pytest_reprocheck.execution.child import PROBES, environment, write_child_file
from pytest_reprocheck.execution.intake import read_log
from pytest_reprocheck.execution.machine import Machine
from pytest_reprocheck.execution.workspace import Workspace, open_run, prepared
from tests.execution.confined import run_in
from tests.execution.helpers import write
from tests.execution.ordinary import REPOSITORY

FINDER = """
import sys
from importlib.util import spec_from_file_location
from pathlib import Path

MAPPING = {{"mapped": "{project}/lib/mapped", "single": "{project}/lib/single"}}


class EditableFinder:
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        for package, place in MAPPING.items():
            if name == package or name.startswith(package + "."):
                rest = name[len(package) + 1:].split(".") if name != package else []
                for file in (Path(place, *rest, "__init__.py"), Path(place, *rest).with_suffix(".py")):
                    if file.exists():
                        return spec_from_file_location(name, file)
        return None


def install():
    sys.meta_path.append(EditableFinder)
"""
FINDER_OF_INSTANCES = """
import sys
from importlib.machinery import PathFinder


class InstanceFinder:
    def __init__(self, table):
        self.table = table

    def find_spec(self, name, path=None, target=None):
        return PathFinder.find_spec(name, [self.table[name]]) if name in self.table else None


def install():
    sys.meta_path.insert(0, InstanceFinder({{"by_instance": "{project}/lib"}}))
"""
TRAIN = """
import json, sys
import by_instance, by_path, by_pth, installed, mapped, mapped.inner, single, space.part
from mapped import inner
names = ["by_instance", "by_path", "by_pth", "installed", "mapped", "mapped.inner", "single", "space.part"]
print(json.dumps({name: sys.modules[name].__file__ for name in names}))
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with an environment inside, into which parts of it are installed editable in several ways."""
    root = tmp_path / "project"
    module = "VALUE = 1\n"
    write(
        root,
        {
            "lib/mapped/__init__.py": module,
            "lib/mapped/inner.py": module,
            "lib/single.py": module,
            "lib/by_instance.py": module,
            "src/by_pth.py": module,
            "src/space/part.py": module,
            "more/by_path.py": module,
            "train.py": TRAIN,
        },
    )
    venv.create(root / "env", symlinks=True)
    (site,) = root.glob("env/lib/python*/site-packages")
    (site / "installed.py").write_text(module)
    (site / "editable_finder.py").write_text(FINDER.format(project=root))
    (site / "instance_finder.py").write_text(FINDER_OF_INSTANCES.format(project=root))
    (site / "a.pth").write_text("import editable_finder; editable_finder.install()\n")
    (site / "b.pth").write_text(f"import instance_finder; instance_finder.install()\n{root}/src\n")
    return root


@pytest.mark.parametrize("mode", ["overlay", "copy"])
def test_installed_parts_of_the_project_come_from_the_runs_tree(machine: Machine, project: Path, mode: str) -> None:
    """Finders, .pth files and PYTHONPATH name the user's project; the environment in it stays where it is."""
    if mode == "overlay" and not machine.overlay:
        pytest.skip(f"no overlay here: {machine.overlay_reason}")
    python = project / "env/bin/python"
    subject = Subject(
        root=project, path="train.py", kind="script", python=str(python), env={"PYTHONPATH": f"{project}/more"}
    )
    conditions = baseline("train.py", threads=1)
    with prepared(project, Workspace(mode=mode, machine=machine)) as ready:  # type: ignore[arg-type]
        folder = open_run(ready, 0, directory="elsewhere")
        write_child_file(subject, conditions, folder)
        variables = environment(subject, conditions, folder)
        found = json.loads(run_in(folder, [str(python), str(PROBES / "run_script.py")], env=variables))
        facts = read_log(folder.log).facts
    assert {name for name, file in found.items() if not Path(file).is_relative_to(folder.tree)} == {"installed"}
    assert Path(found["installed"]).is_relative_to(project / "env")
    assert facts["directory"] == ("elsewhere" if mode == "overlay" else "elsewhere, beside the original")


def test_in_its_place_nothing_is_moved(overlaying: Machine, project: Path) -> None:
    """Over the project's own path an editable install needs no help."""
    python = project / "env/bin/python"
    subject = Subject(root=project, path="train.py", kind="script", python=str(python), env={"PYTHONPATH": "more"})
    conditions = baseline("train.py", threads=1)
    with prepared(project, Workspace(mode="overlay", machine=overlaying)) as ready:
        folder = open_run(ready, 0)
        write_child_file(subject, conditions, folder)
        variables = environment(subject, conditions, folder)
        found = json.loads(run_in(folder, [str(python), str(PROBES / "run_script.py")], env=variables))
        facts = read_log(folder.log).facts
    assert all(Path(file).is_relative_to(project) for file in found.values())
    assert facts["directory"] == "in its place"


def test_the_probes_are_reached_inside_a_project_that_is_elsewhere(overlaying: Machine) -> None:
    """As when this project audits itself: what is loaded by path stays at its path."""
    conditions = baseline("x.py", threads=1)
    with prepared(REPOSITORY, Workspace(mode="overlay", machine=overlaying)) as ready:
        folder = open_run(ready, 0, {"benchmarks/here.py": b"import os; print(os.getcwd())"}, directory="elsewhere")
        subject = Subject(root=REPOSITORY, path="benchmarks/here.py", kind="script")
        write_child_file(subject, conditions, folder)
        variables = {**environment(subject, conditions, folder), "PYTHONDONTWRITEBYTECODE": "1"}
        said = run_in(folder, [sys.executable, str(PROBES / "run_script.py")], env=variables)
        facts = read_log(folder.log).facts
    assert said == f"{folder.tree}\n"
    assert (facts["seed"], facts["directory"]) == ("applied", "elsewhere")
    assert not os.path.exists(REPOSITORY / "benchmarks/here.py")  # noqa: PTH110

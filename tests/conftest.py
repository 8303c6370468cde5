"""Shared by the tests of the faces: pytest's own tester, and projects in which nothing is really run."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

# pytester forgets the modules that an inner run imported; loaded here, all runs share these.
import pytest_reprocheck.cli
import pytest_reprocheck.plugin  # noqa: F401

pytest_plugins = ["pytester"]

FAKE_AUDITING = """
import dataclasses
import sys
from types import ModuleType, SimpleNamespace

from pytest_reprocheck.core.conditions import Conditions
from pytest_reprocheck.core.errors import ConfigError
from pytest_reprocheck.core.findings import Audit, Effect, FactorReport, Finding, Invocation, Sameness
from pytest_reprocheck.core.trace import Place

FINDING = Finding(
    id="f1", cause="hash-order", severity="error", confirmed=True, aspects=("features",),
    location=Place(path="x.py", line=1), source="cols = list(set(names))",
    effects=(
        Effect(aspect="features", place="x.py:2", what="fit feature order", sameness=Sameness.ORDERING, a="p", b="q"),
    ),
    message="varying the hash seed alone brings it about", remedy="cols = sorted(set(names))",
)

REMARK = dataclasses.replace(FINDING, severity="warning")


def audit(subject, options, *, progress=None, machine=None, session=None, expected_memory=0, engine=None, update=None):
    text = subject.file.read_text(encoding="utf-8", errors="replace")
    if "CRASH" in text:
        raise ZeroDivisionError("a bug of ours")
    verdict = next((word.lower() for word in ("BLOCKED", "FAILED", "NONDETERMINISTIC") if word in text), "reproducible")
    return Audit(
        path=subject.path, kind=subject.kind, parameters=subject.parameters, verdict=verdict,
        reason="needs the package nowhere" if verdict == "blocked" else "", runs=options.max_runs, seconds=0.5,
        conditions={"A": Conditions(seed=1, hash=2, threads=1), "B": Conditions(seed=3, hash=4, threads=1)},
        factors={name: FactorReport(status="applied") for name in options.vary},
        findings=(FINDING,) if verdict == "nondeterministic" else (REMARK,) if "REMARKABLE" in text else (),
        environment={
            "budget": options.budget, "timeout": options.timeout, "rtol": options.tolerance.rtol,
            **({"workers": session.workers} if "WORKERS" in text else {}),
        },
        invocation=Invocation(args=subject.args, module=subject.module, env=subject.env, cwd=subject.cwd),
    )


def replay(stored, root, options):
    if stored.kind == "function":
        raise ConfigError("this audit cannot be replayed", where=stored.name)
    text = (root / stored.path).read_text(encoding="utf-8")
    if "NONDETERMINISTIC" in text:
        return stored
    return dataclasses.replace(stored, verdict="reproducible", findings=(), reason="1 of 1 findings did not come again")


def audit_function(function, args, kwargs, *, name, root, path, options):
    results = []
    for _ in range(2):
        try:
            results.append(function(*args, **kwargs))
        except BaseException as error:
            return Audit(path=f"{path}::{name}", kind="function", verdict="failed", reason=str(error))
    verdict = "reproducible" if results[0] == results[1] else "nondeterministic"
    findings = (FINDING,) if verdict == "nondeterministic" else ()
    environment = {"vary": list(options.vary), "rtol": options.tolerance.rtol, "atol": options.tolerance.atol}
    return Audit(
        path=f"{path}::{name}", kind="function", verdict=verdict, runs=2, findings=findings, environment=environment
    )


module = ModuleType("pytest_reprocheck.auditing")
module.audit, module.replay, module.audit_function = audit, replay, audit_function
module.Session = SimpleNamespace
module.this_machine = lambda: SimpleNamespace(overlay="root", overlay_reason="")
sys.modules["pytest_reprocheck.auditing"] = module
machines = ModuleType("pytest_reprocheck.machines")
machines.finding_out = lambda **_: module.this_machine
sys.modules["pytest_reprocheck.machines"] = machines
"""
"""A conftest whose audits read the verdict from the subject's text, and put the options that they got in the result."""


class Project:
    """A folder with subjects, in which pytest runs with fake audits."""

    def __init__(self, pytester: pytest.Pytester) -> None:
        self.pytester = pytester
        self.root = pytester.path
        self.write({"conftest.py": FAKE_AUDITING})

    def write(self, files: Mapping[str, str]) -> None:
        """Write text files; a notebook's text becomes its only cell."""
        for name, text in files.items():
            file = self.root / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(notebook(text) if file.suffix == ".ipynb" else text, encoding="utf-8")

    def run(self, *arguments: str) -> pytest.RunResult:
        """Run pytest here, in this process, without plugins that import much in each run."""
        blocked = [f"-pno:{name}" for name in ("cacheprovider", "nbval", "hypothesispytest", "randomly")]
        return self.pytester.runpytest_inprocess(*blocked, *arguments)

    def audits(self, *arguments: str) -> list[dict[str, object]]:
        """The subjects of the machine-readable report of a run."""
        self.run("--reprocheck", "--reprocheck-json=report.json", *arguments)
        data = json.loads((self.root / "report.json").read_text(encoding="utf-8"))
        subjects: list[dict[str, object]] = data["subjects"]
        return subjects


def notebook(*sources: str) -> str:
    """A notebook of code cells, as a file's text."""
    cells: list[dict[str, object]] = [
        {
            "cell_type": "code",
            "id": f"c{index}",
            "metadata": {},
            "execution_count": None,
            "outputs": [],
            "source": source,
        }
        for index, source in enumerate(sources)
    ]
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})


@pytest.fixture
def project(pytester: pytest.Pytester) -> Project:
    """An empty project with fake audits."""
    return Project(pytester)


@pytest.fixture
def schema() -> dict[str, object]:
    """The published schema of the machine-readable report."""
    import pytest_reprocheck

    file = Path(pytest_reprocheck.__file__).parent / "report" / "report.schema.json"
    data: dict[str, object] = json.loads(file.read_text(encoding="utf-8"))
    return data

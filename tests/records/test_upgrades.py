"""Packages are upgraded in real environments, and audits say what that did."""

from __future__ import annotations

import os
import shutil
import subprocess
import zipfile
from collections.abc import Sequence
from pathlib import Path

import pytest

from pytest_reprocheck.auditing import audit
from pytest_reprocheck.config import Options
from pytest_reprocheck.core.findings import Audit, Finding
from pytest_reprocheck.core.records import Record, record_path, record_text
from pytest_reprocheck.core.subjects import Subject
from pytest_reprocheck.recording import write_records
from tests.execution.helpers import write

QUICK = Options(vary=("seed",), max_runs=3)
UV = shutil.which("uv")
pytestmark = pytest.mark.skipif(UV is None, reason="uv is not installed")

SCALER = """\
    def scaled(values):
        least, most = min(values), max(values)
        return [(value - least) / (most - least){tail} for value in values]
"""
TRAIN = """\
    from demo_scaler import scaled

    print(sum(scaled([3.0, 5.0, 11.0])))
"""


def uv(*arguments: str) -> None:
    done = subprocess.run([str(UV), *arguments], capture_output=True, text=True, check=False)
    if done.returncode and "--offline" not in arguments and "error sending request" in done.stderr.lower():
        pytest.skip("no index is reached")
    assert not done.returncode, done.stderr


def wheel(folder: Path, version: str, tail: str = "") -> Path:
    """A wheel of a package of one module."""
    file = folder / f"demo_scaler-{version}-py3-none-any.whl"
    info = f"demo_scaler-{version}.dist-info"
    text = "\n".join(line.removeprefix("    ") for line in SCALER.format(tail=tail).splitlines())
    texts = {
        "demo_scaler.py": f"{text}\n",
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: demo-scaler\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = "".join(f"{name},,\n" for name in [*texts, f"{info}/RECORD"])
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in {**texts, f"{info}/RECORD": record}.items():
            archive.writestr(name, content)
    return file


def environment(folder: Path, *options: str) -> str:
    """The interpreter of a new environment."""
    uv("venv", "--quiet", str(folder), *options)
    return os.fspath(folder / "bin" / "python")


def record_now(subject: Subject) -> None:
    made: list[Record] = []
    result = audit(subject, QUICK, update=made.append)
    assert result.verdict == "reproducible", result
    write_records(subject.root, {record_path(subject.path, {}): record_text(made[0])})


def test_an_upgrade_with_and_without_an_effect(tmp_path: Path) -> None:
    """A warning names the package; with another result it is an error that tells both values; going back ends it."""
    python = environment(tmp_path / "env", "--offline")
    root = tmp_path / "project"
    write(root, {"train.py": TRAIN, "pytest.ini": ""})
    subject = Subject(root=root, path="train.py", kind="script", python=python)
    wheels = [wheel(tmp_path, "1.0"), wheel(tmp_path, "1.1"), wheel(tmp_path, "2.0", " ** 2")]
    results: list[Audit] = []
    for number, file in enumerate(wheels):
        uv("pip", "install", "--quiet", "--offline", "--no-deps", "--python", python, os.fspath(file))
        if number == 0:
            record_now(subject)
        else:
            results.append(audit(subject, QUICK))
    told = [(each.verdict, finding.cause, finding.severity) for each in results for finding in each.findings]
    assert told == [
        ("reproducible", "dependency-drift", "warning"),
        ("drifted", "dependency-drift", "error"),
    ]
    (finding,) = results[1].findings
    assert "demo-scaler 1.0 -> 2.0" in finding.message
    assert "data and code are as they were" in finding.message
    assert finding.remedy.startswith("uv pip install demo-scaler==1.0")
    assert finding.aspects == ("outputs",)


KMEANS = """\
    import numpy as np
    from sklearn.cluster import KMeans

    points = np.random.RandomState(0).uniform(size=(300, 2))
    model = KMeans(n_clusters=12, random_state=0).fit(points)
    print(f"inertia {model.inertia_:.6f}")
    print(model.predict(points)[:5])
"""
GROUPS = """\
    import pandas as pd

    sales = pd.DataFrame({"shop": ["a", "b", "a"], "note": ["x", "y", "z"], "price": [1.5, 2.0, 4.0]})
    print(list(sales.groupby("shop").sum().columns))
"""
TEXTS = """\
    import numpy as np
    import pandas as pd
    from sklearn.linear_model import LinearRegression

    half = np.float32(3) * 1.1
    frame = pd.DataFrame({"x": np.array([half * number for number in range(8)]), "y": np.arange(8)})
    print(type(half).__name__, frame["x"].dtype)
    model = LinearRegression().fit(frame[["x"]], frame["y"])
    model.predict(frame[["x"]])
"""


def upgraded(tmp_path: Path, text: str, before: Sequence[str], after: Sequence[str]) -> Finding:
    """The finding after real packages were upgraded in an environment."""
    python = environment(tmp_path / "env", "--python", "3.11")
    root = tmp_path / "project"
    write(root, {"train.py": text, "pytest.ini": ""})
    subject = Subject(root=root, path="train.py", kind="script", python=python)
    uv("pip", "install", "--quiet", "--python", python, *before)
    record_now(subject)
    uv("pip", "install", "--quiet", "--python", python, *after)
    result = audit(subject, QUICK)
    assert result.verdict == "drifted", result
    errors = [each for each in result.findings if each.severity == "error"]
    assert len(errors) == 1, errors
    (finding,) = errors
    assert finding.cause == "dependency-drift", finding
    return finding


@pytest.mark.slow
def test_scikit_learn_starts_kmeans_once_from_1_4_on(tmp_path: Path) -> None:
    """The parameter that changed is told, and what it did to training and predictions."""
    finding = upgraded(tmp_path, KMEANS, ["scikit-learn==1.3.2", "numpy<2"], ["scikit-learn==1.4.2", "numpy<2"])
    assert "scikit-learn 1.3.2 -> 1.4.2" in finding.message
    assert finding.aspects == ("outputs", "predictions", "training")
    (parameters,) = [effect for effect in finding.effects if effect.what == "KMeans.fit parameters"]
    assert "n_init" in parameters.note
    assert (parameters.a, parameters.b) == ("warn", "auto")


@pytest.mark.slow
def test_pandas_2_keeps_columns_that_are_no_numbers(tmp_path: Path) -> None:
    """Another list of columns is printed; numpy and pandas are both named where both moved."""
    finding = upgraded(tmp_path, GROUPS, ["pandas==1.5.3", "numpy<2"], ["pandas==2.2.3", "numpy<2"])
    assert "pandas 1.5.3 -> 2.2.3" in finding.message
    assert finding.aspects == ("outputs",)


@pytest.mark.slow
def test_numpy_2_promotes_in_another_way(tmp_path: Path) -> None:
    """float32 times a float stays float32: the features' type is told."""
    common = ["pandas==2.2.3", "scikit-learn==1.5.2"]
    finding = upgraded(tmp_path, TEXTS, ["numpy==1.26.4", *common], ["numpy==2.1.3", *common])
    assert "numpy 1.26.4 -> 2.1.3" in finding.message
    assert "features" in finding.aspects

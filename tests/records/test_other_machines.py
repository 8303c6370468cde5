"""A record that was made elsewhere: with another kernel of BLAS, which moves the last digits, and another Python."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from pytest_reprocheck.auditing import audit
from pytest_reprocheck.config import Options
from pytest_reprocheck.core.records import Record, record_path, record_text
from pytest_reprocheck.core.subjects import Subject
from pytest_reprocheck.recording import write_records
from tests.execution.helpers import write

QUICK = Options(vary=("seed",), max_runs=3)
TRAIN = """\
    import numpy as np
    from sklearn.decomposition import PCA
    from sklearn.linear_model import LogisticRegression

    dice = np.random.RandomState(0)
    X = dice.normal(size=(400, 30))
    y = (X @ dice.normal(size=30) > 0).astype(int)
    small = PCA(n_components=8, svd_solver="full").fit(X).transform(X)
    model = LogisticRegression(C=0.1, tol=1e-10, max_iter=5000).fit(small, y)
    print("accuracy", model.score(small, y))
    print(model.predict_proba(small)[:3, 0].tolist(), (X @ X.T).sum())
"""


def kernels() -> list[str]:
    """Names of BLAS kernels that this processor has, and that are not its own choice."""
    import threadpoolctl

    own = {each.get("architecture") for each in threadpoolctl.threadpool_info()}
    return [name for name in ("Nehalem", "Sandybridge", "Haswell", "ARMV8", "NEOVERSEN1") if name not in own]


def record_now(subject: Subject) -> None:
    made: list[Record] = []
    audit(subject, QUICK, update=made.append)
    write_records(subject.root, {record_path(subject.path, {}): record_text(made[0])})


def test_another_kernel_of_blas_is_no_drift(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Numbers differ in their last digits, and all are within tolerance: info at most."""
    write(tmp_path, {"train.py": TRAIN, "pytest.ini": ""})
    subject = Subject(root=tmp_path, path="train.py", kind="script")
    record_now(subject)
    for name in kernels():
        monkeypatch.setenv("OPENBLAS_CORETYPE", name)
        result = audit(subject, QUICK)
        assert result.verdict == "reproducible", result
        assert {(finding.cause, finding.severity) for finding in result.findings} <= {("host-changed", "info")}
        if any(finding.effects for finding in result.findings):
            return
    pytest.skip("no kernel of BLAS gives other digits here")


PLAIN = """\
    import math

    def spread(values):
        mean = sum(values) / len(values)
        return math.sqrt(sum((value - mean) ** 2 for value in values) / len(values))

    print("spread", spread([0.1 * number for number in range(10)]))
"""


@pytest.mark.parametrize("version", ["3.12", "3.13"])
def test_another_python_is_a_warning_where_results_are_within_tolerance(version: str, tmp_path: Path) -> None:
    """3.12 sums floats in another way; the last digit is no result."""
    uv = shutil.which("uv")
    if uv is None:
        pytest.skip("uv is not installed")
    python = tmp_path / "env/bin/python"
    made = subprocess.run([uv, "venv", "-q", "--offline", "--python", version, str(tmp_path / "env")], check=False)
    if made.returncode:
        pytest.skip(f"there is no Python {version}")
    write(tmp_path / "project", {"train.py": PLAIN, "pytest.ini": ""})
    subject = Subject(root=tmp_path / "project", path="train.py", kind="script")
    record_now(subject)
    there = Subject(root=subject.root, path="train.py", kind="script", python=str(python))
    result = audit(there, QUICK)
    assert [(each.cause, each.severity) for each in result.findings if each.severity != "info"] == [
        ("dependency-drift", "warning")
    ]
    assert result.verdict == "reproducible"

"""What a GPU adds in an order of its own, with a file in the place of the device and an imitation of torch."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_reprocheck.auditing import Machine, audit
from pytest_reprocheck.config import Options
from pytest_reprocheck.core.conditions import baseline
from pytest_reprocheck.core.findings import Audit
from pytest_reprocheck.core.subjects import Subject
from pytest_reprocheck.execution import devices
from pytest_reprocheck.execution.limits import Limits
from pytest_reprocheck.execution.running import runner
from pytest_reprocheck.execution.scheduling import Room
from tests.execution.helpers import write

IMITATION = '''
"""Sums that come in any order, as on a GPU, unless deterministic kernels are asked for."""
import fcntl
import os
import warnings
from types import SimpleNamespace

_device = open(os.environ["IMITATED_DEVICE"], "r+")
fcntl.flock(_device, fcntl.LOCK_EX | fcntl.LOCK_NB)  # an error where two runs use it at a time
_device.seek(0, os.SEEK_END)
print(os.environ["PYTHONHASHSEED"], file=_device, flush=True)
_deterministic = False
backends = SimpleNamespace(cudnn=SimpleNamespace(benchmark=False))
utils = SimpleNamespace(deterministic=SimpleNamespace(fill_uninitialized_memory=True))

def use_deterministic_algorithms(mode, *, warn_only=False):
    global _deterministic
    _deterministic = mode

def _noise():
    with open("/proc/sys/kernel/random/uuid") as file:
        return int(file.read()[:8], 16) * 1e-14

def index_add(values):
    return sum(values) + (0.0 if _deterministic else _noise())

def histc(values):
    if _deterministic:
        warnings.warn("_histc_cuda does not have a deterministic implementation, but you set it", stacklevel=2)
    return sum(values) + _noise()
'''
"""What ``torch`` does as far as these subjects use it."""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project on a machine with a device, and the imitation among what is installed."""
    device, site = tmp_path / "device/nvidia0", tmp_path / "site-packages"
    metadata = "Metadata-Version: 2.1\nName: torch\nVersion: 9.0\n"
    write(tmp_path / "device", {"nvidia0": ""})
    write(site, {"torch/__init__.py": IMITATION, "torch-9.0.dist-info/METADATA": metadata})
    monkeypatch.setattr(devices, "_FILES", (device, tmp_path / "device/nvidiactl"))
    monkeypatch.setenv("IMITATED_DEVICE", str(device))
    monkeypatch.setenv("PYTHONPATH", str(site))
    root = tmp_path / "project"
    write(root, {"pyproject.toml": ""})
    return root


def audited(project: Path, text: str) -> Audit:
    """An audit of a script."""
    write(project, {"train.py": text})
    return audit(project / "train.py", Options(vary=("seed", "hash")), machine=Machine)


def test_what_deterministic_kernels_make_alike_is_found(project: Path) -> None:
    """At the statement that adds; the switches that are not set are the remedy. A runs twice before B."""
    found = audited(
        project,
        """
        import torch
        torch.backends.cudnn.benchmark = True
        total = torch.index_add([1.0, 2.0])
        share = total / 4  # on the device "cuda"
        print(share, "cuda")
        """,
    )
    (finding,) = found.findings
    assert (finding.cause, finding.confirmed, finding.severity) == ("gpu-kernel", True, "error")
    assert str(finding.location) == "train.py:4"
    assert finding.message.startswith("with deterministic kernels it is the same in two runs")
    assert finding.remedy == (
        "torch.use_deterministic_algorithms(True), torch.backends.cudnn.benchmark = False, "
        "CUBLAS_WORKSPACE_CONFIG=:4096:8 in the environment"
    )
    assert (found.verdict, found.runs) == ("nondeterministic", 5)
    a, b = (str(found.conditions[name].hash) for name in "AB")
    order = (project.parent / "device/nvidia0").read_text(encoding="utf-8").split()
    assert order == [a, a, b, a, a], "A, A again, B, and two with deterministic kernels"


def test_an_operation_without_a_deterministic_form_is_named(project: Path) -> None:
    """By the library's own warning, which reaches nobody else; it is evidence, but no proof."""
    found = audited(
        project,
        """
        import torch
        device = "cuda"
        def bins(values):
            return torch.histc(values)
        print(bins([1.0, 2.0]))
        """,
    )
    (finding,) = found.findings
    assert (finding.cause, finding.confirmed, str(finding.location)) == ("gpu-kernel", False, "train.py:5")
    assert finding.message == "_histc_cuda adds in the order its threads come in, and has no deterministic form"


def test_differences_that_keep_all_decisions_are_warnings(project: Path) -> None:
    """Probabilities move in the last digits, and nothing flips."""
    found = audited(
        project,
        """
        import numpy as np
        import torch
        device = "cuda"
        class Model:
            def fit(self, X, y):
                self.rate = float(np.mean(y))
                return self
            def predict_proba(self, X):
                share = torch.index_add([self.rate]) / 2
                return np.array([[1 - share, share]] * len(X))
        X, y = np.eye(4), np.array([0, 1, 0, 0])
        model = Model()
        model.fit(X, y)
        model.predict_proba(X)
        """,
    )
    (finding,) = found.findings
    assert (finding.cause, finding.severity, found.verdict) == ("gpu-kernel", "warning", "reproducible")


def test_what_differs_without_the_device_is_no_doing_of_its_kernels(project: Path) -> None:
    """The same noise from elsewhere stays unexplained, and no run is spent on kernels."""
    found = audited(project, "print(open('/proc/sys/kernel/random/uuid').read())\n")
    assert [finding.cause for finding in found.findings] == ["unexplained"]


def test_runs_that_share_a_device_go_one_after_the_other(project: Path) -> None:
    """However many cores there are, once a run was seen to use one that the subject's file does not name."""
    write(project, {"train.py": "import torch\nprint(1)\n", "idle.py": "print(1)\n"})
    for name, at_a_time in (("idle.py", 2), ("train.py", 1)):
        subject = Subject(root=project, path=name, kind="script")
        with runner(subject, limits=Limits(run=60), room=Room(cores=4)) as executor:
            executor.run([baseline(subject.name, threads=1)])
            assert min(executor.side_by_side, 2) == at_a_time


def test_torch_itself_is_told(tmp_path: Path) -> None:
    """The real library has these switches, and a program cannot turn its search for quick kernels on again."""
    torch = pytest.importorskip("torch")
    from tests.probes.children import run_script

    done = run_script(
        tmp_path,
        "import torch\ntorch.backends.cudnn.benchmark = True\n"
        "print(torch.are_deterministic_algorithms_enabled(), torch.is_deterministic_algorithms_warn_only_enabled(),\n"
        "      torch.backends.cudnn.benchmark, torch.empty(2).shape)\n",
        conditions={"deterministic": True},
    )
    assert done.stdout == "True True False torch.Size([2])\n", torch.__version__

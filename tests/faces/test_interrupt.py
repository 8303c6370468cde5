"""Ctrl-C, SIGTERM and SIGKILL while subjects are audited: a partial report where there can be one, and nothing left."""

from __future__ import annotations

import json
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.execution.leftovers import Traces, leaves_nothing, traces, until

START = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
"""A shell may have started this with SIGINT ignored, which children inherit."""
PYTEST = ["-c", START + "import sys, pytest; sys.exit(pytest.main())", "--reprocheck", "--reprocheck-json=report.json"]
PYTEST += ["-pno:nbval", "-pno:xdist", "-pno:randomly"]
CLI = ["-c", START + "import sys; from pytest_reprocheck.cli import main; sys.exit(main())", "audit"]
CLI += ["--json", "report.json"]
FACES = [pytest.param(PYTEST, 2, id="pytest"), pytest.param(CLI, 130, id="command line")]
SLOW = """
import os, pathlib, subprocess, sys, time
tidying = "import time; time.sleep(60) # resource_tracker import main"
subprocess.Popen([sys.executable, "-S", "-c", tidying if TIDYING else tidying[:27]], start_new_session=True)
if os.fork() == 0:
    os.setsid()
    time.sleep(60)
pathlib.Path(FILE).touch()
time.sleep(60)
"""
"""Both runs of it have begun when there is the file, as they have started four processes each."""


@pytest.fixture
def left(monkeypatch: pytest.MonkeyPatch) -> Iterator[Traces]:
    """What the audits leave behind."""
    with traces(monkeypatch) as found:
        yield found


def start(
    root: Path, left: Traces, face: list[str], *, tidying: bool = False, forked: bool = False
) -> subprocess.Popen[str]:
    """Audit two subjects, or three whose runs are forked; it is in the midst of the last one."""
    # Each run has a /tmp of its own, so that it cannot say there that it has begun.
    shared = Path(tempfile.mkdtemp(dir="/var/tmp"))
    running = shared / "running"
    text = SLOW.replace("FILE", repr(str(running))).replace("TIDYING", repr(tidying))
    project = root / "project"
    project.mkdir()
    quick = ["quick.py", "other.py"] if forked else ["quick.py"]
    for name in quick:
        (project / name).write_text("print(1)\n", encoding="utf-8")
    (project / "slow.py").write_text(text, encoding="utf-8")
    (project / "pytest.ini").touch()
    process = subprocess.Popen(
        [sys.executable, *face, *quick, "slow.py"],
        cwd=project,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    begun = 9 + 2 * forked  # two processes that runs are forked from
    until(lambda: running.exists() and len(left.processes()) == begun, 60)
    shutil.rmtree(shared)
    return process


def verdicts(root: Path) -> dict[str, str]:
    """Of the machine-readable report."""
    data = json.loads((root / "project" / "report.json").read_text(encoding="utf-8"))
    return {subject["path"]: subject["verdict"] for subject in data["subjects"]}


@pytest.mark.parametrize(("face", "code"), FACES)
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_ends_the_runs_and_reports_what_is_done(
    tmp_path: Path, left: Traces, face: list[str], code: int, number: int
) -> None:
    """The report has the finished subjects, the summary names the interrupted one too."""
    with start(tmp_path, left, face) as process:
        process.send_signal(number)
        output, _ = process.communicate(timeout=60)
    terminated = number == signal.SIGTERM and code == 130
    assert process.returncode == (143 if terminated else code)
    leaves_nothing(left)
    assert verdicts(tmp_path) == {"quick.py": "reproducible"}
    lines = output.splitlines()
    assert "slow.py  interrupted: its runs were ended, there is no verdict" in lines
    assert any(line.startswith("quick.py  reproducible  2 runs") for line in lines)
    assert not any("KeyboardInterrupt" in line or "threading.py" in line for line in lines)


@pytest.mark.parametrize(("face", "code"), FACES)
def test_a_second_interrupt_leaves_nothing_either(tmp_path: Path, left: Traces, face: list[str], code: int) -> None:
    """Also while it is waited for processes that tidy up."""
    with start(tmp_path, left, face, tidying=True) as process:
        process.send_signal(signal.SIGINT)
        until(lambda: len(left.processes()) <= 5)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
    assert process.returncode != 0
    leaves_nothing(left)


@pytest.mark.parametrize(("face", "code"), FACES)
def test_nothing_survives_a_kill(tmp_path: Path, left: Traces, face: list[str], code: int) -> None:
    """No process; the folder is removed by the next audit."""
    with start(tmp_path, left, face) as process:
        (folder,) = {found[1] for command in left.processes() if (found := re.search(r"(/\S*/rc-[^/]+)/", command))}
        process.kill()
        process.communicate(timeout=60)
    left.wait_for_processes(alive=False)
    again = subprocess.run(
        [sys.executable, *face, "quick.py"], cwd=tmp_path / "project", capture_output=True, check=False
    )
    assert again.returncode == 0
    assert not Path(folder).exists()
    leaves_nothing(left)


@pytest.mark.parametrize("times", [1, 2])
def test_forked_runs_end_with_an_interrupt(tmp_path: Path, left: Traces, times: int) -> None:
    """And what they were forked from; a second one does not wait for what tidies up."""
    with start(tmp_path, left, PYTEST, tidying=times == 2, forked=True) as process:
        process.send_signal(signal.SIGINT)
        if times == 2:
            until(lambda: len(left.processes()) <= 7)
            process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
    assert process.returncode != 0
    leaves_nothing(left)
    if times == 1:
        assert verdicts(tmp_path) == {"quick.py": "reproducible", "other.py": "reproducible"}

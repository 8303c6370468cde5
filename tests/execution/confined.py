"""Processes that are confined as a run's are, and the same as an ordinary user."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from pytest_reprocheck.execution.machine import LAUNCH
from pytest_reprocheck.execution.workspace import RunFolder

REPOSITORY = Path(__file__).resolve().parents[2]
NOBODY = 65534
_START = """
import json, os, sys
sys.path.insert(0, sys.argv[1])
import namespaces
enter, cwd, command = json.loads(sys.argv[2])
try:
    namespaces.enter(enter)
    namespaces.confine(enter)
except namespaces.ConfinementError as error:
    sys.exit(f"not confined: {error}")
os.chdir(cwd)
os.execvp(command[0], command)
"""


def run_in(folder: RunFolder, command: Sequence[str], *, cwd: Path | None = None) -> str:
    """Run a program as the run of a folder; what it printed."""
    what = json.dumps([dict(folder.enter), str(cwd or folder.tree), list(command)])
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", _START, str(LAUNCH), what],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "TMPDIR": str(folder.scratch)},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def python_in(folder: RunFolder, code: str, *arguments: str) -> str:
    """Run Python code as the run of a folder; what it printed."""
    return run_in(folder, [sys.executable, "-I", "-S", "-c", code, *arguments])


def as_ordinary_user(code: str, *arguments: str) -> str:
    """Run Python code that may import this project and these tests, as somebody who is not root; what it printed."""
    user = NOBODY if os.geteuid() == 0 else os.geteuid()
    group = NOBODY if os.geteuid() == 0 else os.getegid()
    options = {"user": user, "group": group, "extra_groups": []} if os.geteuid() == 0 else {}
    for python in (sys.executable, shutil.which("python3", path="/usr/local/bin:/usr/bin:/bin")):
        check = "import sys; sys.exit(sys.version_info < (3, 11))"
        try:
            usable = python and not subprocess.run([python, "-c", check], check=False, **options).returncode  # type: ignore[call-overload]
        except PermissionError:
            continue
        if usable:
            break
    else:
        pytest.skip("no Python that an ordinary user may run")
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(REPOSITORY), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [python, "-c", code, *arguments],
        capture_output=True,
        text=True,
        check=False,
        env=environment,
        cwd="/",
        **options,
    )  # type: ignore[call-overload]
    assert done.returncode == 0, done.stdout + done.stderr
    return str(done.stdout)

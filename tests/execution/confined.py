"""Processes that are confined as a run's are. Standard library and this project only, as ``trees.py``."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from pytest_reprocheck.execution.machine import LAUNCH
from pytest_reprocheck.execution.workspace import RunFolder

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


def start_in(
    folder: RunFolder, command: Sequence[str], *, cwd: Path | None = None, env: Mapping[str, str] | None = None
) -> subprocess.Popen[str]:
    """Start a program as the run of a folder; another one there finds what the first one left."""
    for layer in folder.layers:
        # The mark of a mount that need not be kept, which the kernel therefore refuses to mount again.
        shutil.rmtree(layer.work / "work", ignore_errors=True)
    what = json.dumps([dict(folder.enter), str(cwd or folder.tree), list(command)])
    return subprocess.Popen(
        [sys.executable, "-I", "-S", "-c", _START, str(LAUNCH), what],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**(env or os.environ), "TMPDIR": str(folder.scratch)},
    )


def run_in(
    folder: RunFolder, command: Sequence[str], *, cwd: Path | None = None, env: Mapping[str, str] | None = None
) -> str:
    """Run a program as the run of a folder; what it printed."""
    process = start_in(folder, command, cwd=cwd, env=env)
    stdout, stderr = process.communicate()
    assert process.returncode == 0, stdout + stderr
    return stdout


def python_in(folder: RunFolder, code: str, *arguments: str) -> str:
    """Run Python code as the run of a folder; what it printed."""
    return run_in(folder, [sys.executable, "-I", "-S", "-c", code, *arguments])

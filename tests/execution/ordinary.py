"""Code that runs as an ordinary user, whoever runs the tests."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
NOBODY = 65534
_CHECK = "import sys, pytest_reprocheck.execution.workspace; sys.exit(sys.version_info < (3, 11))"


def as_ordinary_user(code: str, *arguments: str) -> str:
    """Run Python code that may import this project, and of its tests what needs nothing installed; what it printed.

    Skips the test where an ordinary user can run no Python or cannot read this project.
    """
    for python in (sys.executable, shutil.which("python3", path="/usr/local/bin:/usr/bin:/bin")):
        if python and _run(python, _CHECK).returncode == 0:
            done = _run(python, code, *arguments)
            assert done.returncode == 0, done.stdout + done.stderr
            return done.stdout
    pytest.skip("no Python here that an ordinary user may run this project with")


@contextmanager
def ordinary_folder() -> Iterator[Path]:
    """An empty folder of the ordinary user's, which pytest's own, closed to others, cannot hold."""
    with TemporaryDirectory() as place:
        if os.geteuid() == 0:
            os.chown(place, NOBODY, NOBODY)
        yield Path(place).resolve()


def _run(python: str, code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    root = os.geteuid() == 0
    who: dict[str, Any] = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if root else {}
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(REPOSITORY), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [python, "-c", code, *arguments]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=False, env=environment, cwd="/", **who)
    except PermissionError as error:
        return subprocess.CompletedProcess(command, 1, "", str(error))

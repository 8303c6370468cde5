"""Environment variables, home and host as user code is told them."""

from __future__ import annotations

import json
import os
import pwd
from pathlib import Path
from typing import Any

import pytest

from .children import run_script

READS = """
import getpass, json, os, platform, socket, subprocess, sys
from pathlib import Path

def told(function):
    try:
        return function()
    except KeyError as error:
        return repr(error)

os.environ["MADE"] = "here"
print(json.dumps({
    "user": os.environ["USER"],
    "getuser": getpass.getuser(),
    "home": str(Path.home()),
    "expanded": os.path.expanduser("~/data"),
    "host": socket.gethostname() == platform.node(),
    "default": os.environ.get("TRAIN_RATE", "0.1"),
    "getenv": os.getenv("TRAIN_RATE", 0.5),
    "asked": os.environ.get("TRAIN_RATE"),
    "required": os.environ["TRAIN_RATE"],
    "path": os.environ.get("TRAIN_DATA", "x"),
    "secret": os.environ.get("API_KEY", "none"),
    "made": os.environ.get("MADE", "there"),
    "missing": told(lambda: os.environ["NOT_THERE"]),
    "copy": dict(os.environ)["TRAIN_RATE"],
    "child": subprocess.run([sys.executable, "-S", "-c", "import os; print(os.environ['TRAIN_RATE'])"],
                            capture_output=True, text=True).stdout.strip(),
}))
"""


@pytest.mark.parametrize("variables", ["own", "other", "another"])
def test_what_user_code_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variables: str) -> None:
    """Names, another spelling of the home, and defaults; never paths, secrets, its own variables or copies."""
    for name, value in {
        "USER": "anna",
        "LOGNAME": "anna",
        "HOME": "/home/anna",
        "TRAIN_RATE": "0.2",
        "TRAIN_DATA": "/data",
        "API_KEY": "k",
    }.items():
        monkeypatch.setenv(name, value)
    child = run_script(tmp_path / "project", READS, conditions={"variables": variables})
    assert (child.code, child.stderr, child.not_compared) == (0, "", [])
    found: dict[str, Any] = json.loads(child.stdout)
    other = variables != "own"
    name = {"own": "anna", "other": "someone-else", "another": "a-third-one"}[variables]
    assert found == {
        "user": name,
        "getuser": name,
        "home": "//home/anna" if other else "/home/anna",
        "expanded": "//home/anna/data" if other else "/home/anna/data",
        "host": True,
        "default": "0.1" if other else "0.2",
        "getenv": 0.5 if other else "0.2",
        "asked": "0.2",
        "required": "0.2",
        "path": "/data",
        "secret": "k",
        "made": "here",
        "missing": "KeyError('NOT_THERE')",
        "copy": "0.2",
        "child": "0.2",
    }
    lines = sorted({event.stack[0].place.line or 0 for event in child.events if event.source == "variable"})
    assert lines == [13, 14, 15, 16, 17, 18, 19]


@pytest.mark.parametrize("variables", ["own", "other"])
def test_the_user_where_no_variable_says_who_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variables: str
) -> None:
    """``getpass.getuser`` asks the system then, and is a read of its own."""
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.delenv(name, raising=False)
    child = run_script(tmp_path / "p", "import getpass\nprint(getpass.getuser())", conditions={"variables": variables})
    own = pwd.getpwuid(os.getuid())[0]
    assert child.stdout == ("someone-else\n" if variables == "other" else f"{own}\n")
    assert [(event.source, event.what, event.stack[0].place.line) for event in child.events] == [
        ("variable", "getpass.getuser", 2)
    ]

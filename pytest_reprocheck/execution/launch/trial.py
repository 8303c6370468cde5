"""Tries whether runs can be confined here: ``python -I -S trial.py JOBS`` prints the results.

JOBS is a JSON list of lists of jobs, {"enter": spec of namespaces.py, "act": name of an action, "at": PATH}. Of each
list one job after the other is tried until one works; the answer has for each job that was tried an empty text, or what
failed.
"""

# What few actions need is imported by them: most trials are of nothing but entering.

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pytest_reprocheck.execution.launch import namespaces
else:
    # Run in isolated mode, so that this folder is not on the path.
    sys.path.insert(0, str(Path(__file__).resolve().parent))
    import namespaces


def main() -> None:
    """Try each job in a child of its own, as what a process enters it cannot leave."""
    print(json.dumps([_try_until_one_works(jobs) for jobs in json.loads(sys.argv[1])]))


def _try_until_one_works(jobs: Sequence[Mapping[str, Any]]) -> list[str]:
    failures = []
    for job in jobs:
        failures.append(_try(job))
        if not failures[-1]:
            break
    return failures


def _try(job: Mapping[str, Any]) -> str:
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        text = "the process ended"
        try:
            namespaces.enter(job["enter"])
            namespaces.confine(job["enter"])
            text = _ACTIONS[job["act"]](Path(job["at"]))
        except (namespaces.ConfinementError, OSError) as error:
            text = str(error)
        finally:
            os.write(writing, text.encode())
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        text = pipe.read().decode()
    os.waitpid(child, 0)
    return text


def _nothing(at: Path) -> str:
    """Entering is all that is asked."""
    return "" if at.is_dir() else f"{at} cannot be seen"


def _use_tree(tree: Path) -> str:
    """Read, write and delete in a tree as ``machine.py`` makes it, and ask git about it."""
    import shutil
    import subprocess

    if (tree / "kept").read_text() != "old":
        return "files cannot be read"
    (tree / "kept").write_text("newer")
    (tree / "kept").chmod(0o600)
    shutil.rmtree(tree / "folder")
    (tree / "folder").mkdir()
    (tree / "folder/made").write_text("made")
    if [path.name for path in (tree / "folder").iterdir()] != ["made"] or (tree / "kept").read_text() != "newer":
        return "what was written is not there"
    if (tree / ".git").exists():
        command = ["git", "-c", "core.fsmonitor=false", "status", "--porcelain", "-uall"]
        variables = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
        status = subprocess.run(command, cwd=tree, env=variables, capture_output=True, text=True, check=False)
        if sorted(status.stdout.split("\n")) != ["", "?? folder/made", "AD folder/gone", "AM kept"]:
            return f"git status says {status.stdout + status.stderr!r}"
    return ""


def _use_loopback(_at: Path) -> str:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname(), 1):
        return ""


def _be_kept_out(at: Path) -> str:
    """Write beside the protected path, and fail to write to it."""
    beside = at.parent / "beside"
    (beside / "folder").mkdir()
    (beside / "made").write_text("made")
    (beside / "made").rename(beside / "folder/moved")
    try:
        (at / "made").write_text("made")
    except OSError:
        return ""
    return f"{at} can be written to"


_ACTIONS = {"nothing": _nothing, "tree": _use_tree, "loopback": _use_loopback, "protected": _be_kept_out}

if __name__ == "__main__":
    main()

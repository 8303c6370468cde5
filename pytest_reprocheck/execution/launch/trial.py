"""Tries whether runs can be confined here: ``python -I -S trial.py JOBS`` answers with the results.

JOBS is a list of lists of jobs, {"enter": spec of namespaces.py, "act": name of an action, "at": PATH}. Of each list
one job after the other is tried until one works, side by side with the other lists; the answer has for each job that
was tried an empty text, or what failed. Both are marshalled, JOBS in hexadecimal digits: both ends are the same
interpreter.
"""

# Every audit waits for it: what few actions need is imported by these, in children that do not wait for each other.
# ruff: noqa: PTH112, PTH120

from __future__ import annotations

import marshal
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from pytest_reprocheck.execution.launch import namespaces
else:
    # Run in isolated mode, so that this folder is not on the path.
    sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))
    import namespaces


def main() -> None:
    """Try each job in a child of its own, as what a process enters it cannot leave."""
    lists = marshal.loads(bytes.fromhex(sys.argv[1]))  # noqa: S302 - of the process that started this one
    results: list[list[str]] = [[] for _jobs in lists]
    while due := [number for number, jobs in enumerate(lists) if _is_due(jobs, results[number])]:
        children = [(number, *_begin(lists[number][len(results[number])])) for number in due]
        for number, child, reading in children:
            results[number].append(_end(child, reading))
    sys.stdout.buffer.write(marshal.dumps(results))


def _is_due(jobs: Sequence[Mapping[str, Any]], results: Sequence[str]) -> bool:
    return len(results) < len(jobs) and all(results)


def _begin(job: Mapping[str, Any]) -> tuple[int, int]:
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        text = "the process ended"
        try:
            namespaces.enter(job["enter"])
            namespaces.confine(job["enter"])
            text = _ACTIONS[job["act"]](job["at"])
        except (namespaces.ConfinementError, OSError) as error:
            text = str(error)
        finally:
            os.write(writing, text.encode())
            os._exit(0)
    os.close(writing)
    return child, reading


def _end(child: int, reading: int) -> str:
    with os.fdopen(reading, "rb") as pipe:
        text = pipe.read().decode()
    os.waitpid(child, 0)
    return text


def _nothing(at: str) -> str:
    """Entering is all that is asked."""
    return "" if os.path.isdir(at) else f"{at} cannot be seen"


def _use_tree(at: str) -> str:
    """Read, write and delete in a tree as ``machine.py`` makes it, and ask git about it."""
    import shutil
    import subprocess
    from pathlib import Path

    tree = Path(at)
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


def _use_loopback(_at: str) -> str:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname(), 1):
        return ""


def _be_kept_out(at: str) -> str:
    """Write beside the protected path, and fail to write to it."""
    from pathlib import Path

    beside = Path(at).parent / "beside"
    (beside / "folder").mkdir()
    (beside / "made").write_text("made")
    (beside / "made").rename(beside / "folder/moved")
    try:
        (Path(at) / "made").write_text("made")
    except OSError:
        return ""
    return f"{at} can be written to"


_ACTIONS = {"nothing": _nothing, "tree": _use_tree, "loopback": _use_loopback, "protected": _be_kept_out}

if __name__ == "__main__":
    main()

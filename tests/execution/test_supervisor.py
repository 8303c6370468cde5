"""The parent of every run, by itself: real processes, and what is left of them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path
from typing import Any

import pytest

from pytest_reprocheck.execution.child import has_ended
from pytest_reprocheck.execution.launching import command, read_status
from pytest_reprocheck.execution.workspace import RunFolder
from tests.execution.leftovers import Traces, until

DAEMONS = """
import os, time
for _ in range(3):
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            time.sleep(60)
        os._exit(0)
"""
FORKING = """
import os
while True:
    if os.fork():
        os._exit(0)
    os.setsid()
"""
"""No process of this one lives for more than a moment."""
TRACKER = "import time; print(1, flush=True); time.sleep(60)  # from multiprocessing.resource_tracker import main"
"""Looks like a process that tidies up, and takes its time."""
TIDYING = f"""
import subprocess, sys, time
tidying = [sys.executable, '-S', '-c', {TRACKER!r}]
subprocess.Popen(tidying, stdout=subprocess.PIPE, start_new_session=True).stdout.readline()
"""


WAITING = """
print("waiting", flush=True)
time.sleep(60)
"""


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    """The folders of a run."""
    found = RunFolder(
        tree=tmp_path / "tree",
        log=tmp_path / "log",
        blobs=tmp_path / "blobs",
        record=tmp_path / "record",
        scratch=tmp_path / "tmp",
        queries=tmp_path / "queries",
    )
    for path in (found.tree, found.log):
        path.mkdir()
    return found


def line(folder: RunFolder, *argv: str, **options: Any) -> list[str]:
    return command(argv, cwd=folder.tree, env=dict(os.environ), folder=folder, **options)


def started(argv: list[str]) -> subprocess.Popen[bytes]:
    """A process whose subject has said that it waits."""
    process = subprocess.Popen(argv, stdout=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdout.readline() == b"waiting\n"
    process.stdout.close()
    return process


def python(folder: RunFolder, text: str, **options: Any) -> list[str]:
    return line(folder, sys.executable, "-S", "-c", textwrap.dedent(text), **options)


@pytest.mark.parametrize(
    ("text", "returncode", "code"),
    [
        ("x = 1", 0, 0),
        ("raise SystemExit(3)", 3, 3),
        ("import os; os.kill(os.getpid(), 11)", 139, -11),
        ("import os; os.kill(os.getpid(), 15)", 143, -15),
    ],
)
def test_it_ends_as_the_subject_ends(folder: RunFolder, text: str, returncode: int, code: int) -> None:
    """Its exit code is the subject's or what a shell makes of a signal; the status has the signal."""
    assert subprocess.run(python(folder, text), check=False).returncode == returncode
    ended = read_status(folder, returncode)
    assert (ended.code, ended.stopped, ended.left, ended.problem) == (code, False, (), "")
    assert 1024**2 < ended.max_rss < 1024**3


def test_streams_environment_and_signals_are_the_callers(folder: RunFolder) -> None:
    """Nothing is added to what the subject is given, and it leads a session as it would without."""
    text = """
    import os, signal, sys
    print(sorted(os.environ), os.listdir("/proc/self/fd") == ["0", "1", "2", "3"], sys.stdin.read())
    print(os.getsid(0) == os.getpid(), signal.getsignal(signal.SIGPIPE).name, signal.pthread_sigmask(0, []))
    print(os.getcwd(), file=sys.stderr)
    """
    argv = [sys.executable, "-S", "-c", textwrap.dedent(text)]
    env = {"B": "2", "PYTHONIOENCODING": "utf-8"}
    done = subprocess.run(
        command(argv, cwd=folder.tree, env=env, folder=folder),
        input="given",
        capture_output=True,
        text=True,
        check=True,
    )
    alone = subprocess.run(
        argv,
        cwd=folder.tree,
        env=env,
        input="given",
        capture_output=True,
        text=True,
        check=True,
        start_new_session=True,
    )
    assert (done.stdout, done.stderr) == (alone.stdout, alone.stderr)
    assert "given" in done.stdout


@pytest.mark.parametrize("missing", ["program", "folder"])
def test_what_cannot_be_started_is_told(folder: RunFolder, missing: str) -> None:
    """With the file or folder that is not there."""
    if missing == "folder":
        folder.tree.rmdir()
    argv = ["/no/program"] if missing == "program" else ["true"]
    assert subprocess.run(line(folder, *argv), check=False).returncode == 127
    ended = read_status(folder, 127)
    assert ended.missing == ("/no/program" if missing == "program" else str(folder.tree))
    assert ended.problem.startswith("FileNotFoundError")


def test_the_limit_of_memory_is_the_subjects(folder: RunFolder) -> None:
    """And not the supervisor's."""
    text = "import resource; print(resource.getrlimit(resource.RLIMIT_AS)[0])"
    done = subprocess.run(
        line(folder, sys.executable, "-S", "-c", text, memory=300_000_000), capture_output=True, text=True, check=True
    )
    assert done.stdout == "300000000\n"


def test_daemons_are_ended_with_it_and_told(folder: RunFolder, left: Traces) -> None:
    """In sessions of their own, and orphaned."""
    subprocess.run(python(folder, DAEMONS), check=True)
    assert left.processes() == []
    assert 3 <= len(read_status(folder, 0).left) <= 6


def test_those_that_fork_all_the_time_are_ended_too(folder: RunFolder, left: Traces) -> None:
    """They live for less than it takes to look at all processes."""
    text = (
        f"import subprocess, sys\nfor _ in range(2):\n    subprocess.Popen([sys.executable, '-S', '-c', {FORKING!r}])"
    )
    subprocess.run(python(folder, text), check=True, timeout=300)
    assert left.processes() == []


def test_sigterm_ends_everything(folder: RunFolder, left: Traces) -> None:
    """At once, with the status."""
    process = started(python(folder, DAEMONS + WAITING))
    process.terminate()
    assert has_ended(process, within=20)
    assert left.processes() == []
    assert (read_status(folder, 0).code, read_status(folder, 0).stopped) == (-9, True)


def test_those_that_tidy_up_have_some_seconds(folder: RunFolder, left: Traces) -> None:
    """Nothing waits for ever."""
    begun = time.monotonic()
    subprocess.run(python(folder, TIDYING, patience=1), check=True)
    assert 1 <= time.monotonic() - begun < 60
    assert left.processes() == []


def test_after_a_second_sigterm_nothing_is_waited_for(folder: RunFolder, left: Traces) -> None:
    """Those that tidy up are ended too."""
    process = started(python(folder, TIDYING + WAITING, patience=60))
    process.terminate()
    until(lambda: len(left.processes()) == 2)
    process.terminate()
    assert has_ended(process, within=20)
    assert left.processes() == []


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_it_dies_with_its_parent(folder: RunFolder, left: Traces, number: int) -> None:
    """However that one dies, everything of the run goes with it."""
    program = f"""
import os, subprocess, sys, time
sys.path[:0] = {sys.path!r}
from pathlib import Path
from pytest_reprocheck.execution.launching import command
from pytest_reprocheck.execution.workspace import RunFolder
path = Path({str(folder.log.parent)!r})
folder = RunFolder(**{{name: path / name for name in ("tree", "log", "blobs", "record", "scratch", "queries")}})
text = {DAEMONS + WAITING!r}
subprocess.run(command([sys.executable, "-S", "-c", text], cwd=folder.tree, env=dict(os.environ), folder=folder))
"""
    parent = started([sys.executable, "-c", program])
    until(lambda: len(left.processes()) == 6)
    parent.send_signal(number)
    parent.wait()
    left.wait_for_processes(alive=False)


def test_a_parent_that_is_gone_already_is_noticed(folder: RunFolder, left: Traces) -> None:
    """It may die before the system was asked to tell of it."""
    argv = python(folder, "print('started')")
    between = subprocess.run(
        [sys.executable, "-S", "-c", f"import subprocess; raise SystemExit(subprocess.run({argv!r}).returncode)"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (between.returncode, between.stdout) == (127, "")


def test_what_a_killed_supervisor_leaves_is_ended(
    folder: RunFolder, left: Traces, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the variable that every process of a run has."""
    monkeypatch.setenv("REPROCHECK_CHILD", str(folder.log / "child.json"))
    process = started(python(folder, DAEMONS + WAITING))
    process.kill()
    process.wait()
    assert read_status(folder, -9).code == -9
    left.wait_for_processes(alive=False)

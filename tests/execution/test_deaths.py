"""However a script ends, the outcome names the step and says what to do, and nothing of it is left."""

from __future__ import annotations

import json
import sys
import textwrap
import tracemalloc
from pathlib import Path
from typing import Any

import pytest

from pytest_reprocheck.core.subjects import Subject
from pytest_reprocheck.core.trace import Trace
from pytest_reprocheck.execution.intake import Log
from pytest_reprocheck.execution.outputs import STEP_ROOM, stream_observations
from tests.execution.helpers import BEGUN, outputs, run_once, write
from tests.execution.leftovers import Traces

DAEMON = """
import os, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        time.sleep(60)
    os._exit(0)
"""
KILLED = "killed by SIGKILL: by itself, or by the system when memory ran out"
LONGER = "if it needs longer, raise `timeout`"
MEMORY = "`memory` allows 400 MB, raise it if that is why"


def run(root: Path, text: str, *, python: str | None = None, **limits: Any) -> Trace:
    """One run of a script."""
    write(root, {"train.py": text})
    return run_once(Subject(root=root, path="train.py", kind="script", python=python), **limits)


@pytest.mark.parametrize(
    ("text", "message", "line"),
    [
        pytest.param("sum(range(10**13))", f"no end after 2 s; {LONGER}", 2, id="an endless loop in C"),
        pytest.param(
            "import re\nre.match('(a+)+$', 'a' * 60 + 'b')",
            f"no end after 2 s; {LONGER}",
            3,
            id="a regular expression without end",
        ),
        pytest.param(
            "import threading\nlock = threading.Lock()\nlock.acquire()\nlock.acquire()",
            f"no end after 2 s; {LONGER}",
            5,
            id="a deadlock",
        ),
        pytest.param(
            "import threading, time\nthreading.Thread(target=time.sleep, args=(60,)).start()",
            f"no end after 2 s: a thread or an exit function goes on after the last statement; {LONGER}",
            3,
            id="a thread that outlives it",
        ),
    ],
)
def test_what_does_not_end_is_ended(
    tmp_path: Path, left: Traces, unhurried: None, text: str, message: str, line: int
) -> None:
    """The option to raise is named, and the user's line."""
    outcome = run(tmp_path, f"{BEGUN}\n{text}", timeout=2).outcome
    assert (outcome.status, outcome.message) == ("timeout", message)
    assert outcome.place is not None
    assert (outcome.place.path, outcome.place.line) == ("train.py", line)


@pytest.mark.parametrize(
    ("text", "limits", "status", "message", "line"),
    [
        pytest.param("import os\nos._exit(3)", {}, "exited", "exit code 3", 2, id="os._exit"),
        pytest.param("import sys\nsys.exit('no data')", {}, "exited", "no data", 2, id="sys.exit with a text"),
        pytest.param(
            "import ctypes\nctypes.string_at(0)",
            {},
            "died",
            "killed by SIGSEGV: a crash in compiled code; `python -X faulthandler` shows the line",
            2,
            id="a crash",
        ),
        pytest.param("import os\nos.kill(os.getpid(), 9)", {}, "died", KILLED, 2, id="kill -9"),
        pytest.param("import os\nos.killpg(0, 9)", {}, "died", KILLED, 2, id="kill -9 of its group"),
        pytest.param(
            DAEMON + "os.kill(os.getppid(), 9) or time.sleep(60)", {}, "died", KILLED, 8, id="kill -9 of its parent"
        ),
        pytest.param(
            "x = 1\ny = bytearray(10**9)",
            {"memory": 400_000_000},
            "raised",
            f"MemoryError; {MEMORY}",
            2,
            id="too much memory",
        ),
        pytest.param(
            "import ctypes\nctypes.string_at(0)",
            {"memory": 400_000_000},
            "died",
            f"killed by SIGSEGV: a crash in compiled code; {MEMORY}",
            2,
            id="a crash under a limit of memory",
        ),
        pytest.param(
            "while True: print('x' * 999)",
            {"printed": 5_000_000},
            "died",
            "ended because it printed more than 5 MB; let it print less",
            1,
            id="endless output",
        ),
        pytest.param(
            "import os\nos.close(1)\nprint('x', flush=True)",
            {},
            "raised",
            "OSError: [Errno 9] Bad file descriptor",
            3,
            id="output closed by its number",
        ),
        pytest.param(
            "import sys\nsys.stdout.close()\nprint('x')",
            {},
            "raised",
            "ValueError: I/O operation on closed file.",
            3,
            id="output closed",
        ),
        pytest.param(
            "import sys\nsys.stdout = open('/dev/full', 'w')\nprint('x')",
            {},
            "exited",
            "exit code 120: standard output could not be written at the end",
            3,
            id="output that cannot be written",
        ),
    ],
)
def test_every_end_names_the_step_and_says_what_to_do(
    tmp_path: Path, left: Traces, text: str, limits: dict[str, Any], status: str, message: str, line: int
) -> None:
    """Status, one line with the option to raise where there is one, and the user's line."""
    outcome = run(tmp_path, text, **limits).outcome
    assert (outcome.status, outcome.message) == (status, message)
    assert outcome.place is not None
    assert (outcome.place.path, outcome.place.line) == ("train.py", line)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(DAEMON, id="a daemon"),
        pytest.param(
            "import subprocess\nsubprocess.Popen(['sleep', '60'], start_new_session=True)", id="a program of its own"
        ),
    ],
)
def test_processes_that_outlive_it_are_ended_and_told(tmp_path: Path, left: Traces, text: str) -> None:
    """The script itself has finished; what its processes would have done is not compared."""
    trace = run(tmp_path, text)
    assert trace.outcome.status == "finished"
    (told,) = {item.reason for item in trace.not_compared if item.what.startswith("process ")}
    assert told == "was still running when the script had ended, and was ended"


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(
            """
            import multiprocessing, os, time
            from multiprocessing import shared_memory
            if __name__ == "__main__":
                block = shared_memory.SharedMemory(create=True, size=1000)
                lock = multiprocessing.get_context("spawn").Lock()
                names = [block.name, lock._semlock.name]
                print(json.dumps([name.strip("/") for name in names]).replace('"/', '"'), flush=True)
                END
            """,
            id="multiprocessing",
        ),
        pytest.param(
            """
            import os, time
            from joblib.externals.loky import get_reusable_executor
            before = set(os.listdir("/dev/shm"))
            executor = get_reusable_executor(max_workers=2)
            list(executor.map(abs, range(4)))
            names = [name for name in os.listdir("/dev/shm") if f"loky-{os.getpid()}-" in name]
            print(json.dumps(names), flush=True)
            END
            """,
            id="loky",
        ),
    ],
)
@pytest.mark.parametrize(("end", "status"), [("os._exit(0)", "finished"), ("os.kill(os.getpid(), 9)", "died")])
def test_no_semaphore_and_no_shared_memory_is_left(
    tmp_path: Path, left: Traces, text: str, end: str, status: str
) -> None:
    """Those who tidy up after dead processes are given the time to do it."""
    trace = run(tmp_path, "import json\n" + textwrap.dedent(text).replace("END", end))
    assert trace.outcome.status == status
    names = json.loads(outputs(trace))
    assert names
    for name in names:
        assert not [path for path in (Path("/dev/shm", name), Path("/dev/shm", f"sem.{name}")) if path.exists()]


def test_what_is_opened_in_place_of_closed_output_is_not_taken_for_it(tmp_path: Path, left: Traces) -> None:
    """A file that gets number 1 has sizes of its own."""
    text = "import os\nprint('one')\nos.close(1)\nf = open('a.txt', 'w')\nf.write('x' * 9000)\nf.flush()\ny = 2\n"
    trace = run(tmp_path, text)
    assert (trace.outcome.status, outputs(trace)) == ("finished", "one\n")


def test_an_interpreter_that_does_not_start(tmp_path: Path, left: Traces) -> None:
    """Told apart from a script that takes long."""
    python = tmp_path / "python"
    python.write_text("#!/bin/sh\nsleep 60\n", encoding="utf-8")
    python.chmod(0o755)
    outcome = run(tmp_path, "x = 1", python=str(python), start=0.5).outcome
    assert outcome.status == "timeout"
    assert outcome.message == "the interpreter was not ready after 0.5 s; if it needs longer, raise `start-timeout`"
    assert str(outcome.place) == "train.py"


def test_an_unobserved_interpreter_that_has_started_may_take_its_time(
    tmp_path: Path, left: Traces, unhurried: None
) -> None:
    """Without probes too, it is known that the script runs."""
    python = tmp_path / "python"
    python.write_text(f'#!/bin/sh\nexec {sys.executable} -E "$@"\n', encoding="utf-8")
    python.chmod(0o755)
    trace = run(tmp_path, f"{BEGUN}\nimport time\ntime.sleep(2)\nprint(1)", python=str(python), start=0.5)
    assert (trace.outcome.status, outputs(trace), trace.events) == ("finished", "1\n", ())


def test_a_program_that_dies_for_want_of_memory_at_its_start(tmp_path: Path, left: Traces) -> None:
    """What the loader says is the detail, the option is named."""
    outcome = run(tmp_path, "x = 1", memory=4_000_000).outcome
    assert outcome.status in ("exited", "died")
    assert "`memory` allows 4 MB" in outcome.message


def test_long_output_is_kept_in_part_and_compared_as_a_whole(tmp_path: Path, left: Traces) -> None:
    """The beginning is text, the rest a digest, which is said; another rest has another digest."""

    def printed(end: str) -> tuple[int, str | None]:
        trace = run(tmp_path, f"print('x' * {STEP_ROOM} + {end!r})\n")
        (text,) = [item.value for item in trace.observations if item.what == "stdout"]
        (rest,) = [item.value for item in trace.observations if item.what == "stdout beyond what is kept"]
        (told,) = [item for item in trace.not_compared if item.what == "stdout beyond what is kept of train.py:1"]
        assert told.reason.endswith("too much to keep, and compared by digest alone")
        return len(text.text) if text.kind == "text" else 0, rest.digest

    one, again, other = printed("one"), printed("one"), printed("two")
    assert one == again
    assert (one[0], other[0]) == (STEP_ROOM, STEP_ROOM)
    assert one[1] != other[1]


def test_output_takes_little_memory(tmp_path: Path) -> None:
    """However much was printed."""
    file = tmp_path / "stdout"
    with file.open("wb") as stream:
        for _ in range(300):
            stream.write(b"x" * 999_999 + b"\n")
    tracemalloc.start()
    try:
        found, shortened = stream_observations(Log(), {"stdout": file})
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert [item.what for item in found] == ["stdout", "stdout beyond what is kept"]
    assert len(shortened) == 1
    assert peak < 32 * 1024**2

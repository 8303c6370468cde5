"""However a kernel ends, the outcome names the cell and says what to do, and nothing of it is left."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

import pytest
from jupyter_client.manager import AsyncKernelManager

from pytest_reprocheck.core.errors import BlockedError
from pytest_reprocheck.core.subjects import Subject
from pytest_reprocheck.core.trace import Trace
from pytest_reprocheck.execution.child import Processes
from pytest_reprocheck.execution.kernel import SupervisedProvisioner, kernel_manager, unbounded_client
from pytest_reprocheck.execution.launching import command
from pytest_reprocheck.execution.outputs import STEP_ROOM
from pytest_reprocheck.execution.workspace import Workspace, open_run, prepared
from tests.execution.helpers import BEGUN, outputs, run_once, write_notebook
from tests.execution.leftovers import Traces
from tests.execution.test_deaths import DAEMON, KILLED

CELL = "no end of this cell after 1 s; if it needs longer, raise `cell-timeout`"


def run(root: Path, *cells: str, kernel: str = "python3", **limits: Any) -> Trace:
    write_notebook(root / "nb.ipynb", *cells, kernel=kernel)
    return run_once(Subject(root=root, path="nb.ipynb", kind="notebook"), **limits)


@pytest.mark.parametrize(
    ("cell", "limits", "message"),
    [
        pytest.param("while True: pass", {"cell": 1}, CELL, id="an endless loop"),
        pytest.param("sum(range(10**13))", {"cell": 1}, CELL, id="an endless loop in C"),
        pytest.param(
            "import time\ntime.sleep(60)",
            {"timeout": 2},
            "no end after 2 s; if it needs longer, raise `timeout`",
            id="the whole takes too long",
        ),
    ],
)
def test_what_does_not_end_is_ended(
    tmp_path: Path, left: Traces, unhurried: None, cell: str, limits: dict[str, Any], message: str
) -> None:
    """The option to raise is named, and the cell."""
    outcome = run(tmp_path, BEGUN, cell, **limits).outcome
    assert (outcome.status, outcome.message) == ("timeout", message)
    assert outcome.place is not None
    assert (outcome.place.path, outcome.place.cell) == ("nb.ipynb", 1)


@pytest.mark.parametrize(
    ("cell", "limits", "status", "message"),
    [
        pytest.param("import os\nos._exit(3)", {}, "died", "the kernel died: exit code 3", id="os._exit"),
        pytest.param("import os\nos.killpg(0, 9)", {}, "died", f"the kernel died: {KILLED}", id="kill -9"),
        pytest.param("import sys\nsys.exit(3)", {}, "raised", "SystemExit: 3", id="sys.exit"),
        pytest.param(
            "import ctypes\nctypes.string_at(0)",
            {},
            "died",
            "the kernel died: killed by SIGSEGV: a crash in compiled code; `python -X faulthandler` shows the line",
            id="a crash",
        ),
        pytest.param(
            "while True: print('x' * 999)",
            {"printed": 5_000_000},
            "died",
            "ended because it printed more than 5 MB; let it print less",
            id="endless output",
        ),
        pytest.param(
            "import sys\nsys.stdout.close()\nprint('x')",
            {},
            "raised",
            "ValueError: I/O operation on closed file",
            id="output closed",
        ),
        pytest.param(DAEMON + "x = bytearray(10**13)", {}, "raised", "MemoryError", id="memory"),
    ],
)
def test_every_end_names_the_cell_and_says_what_to_do(
    tmp_path: Path, left: Traces, cell: str, limits: dict[str, Any], status: str, message: str
) -> None:
    """Status, one line with the option to raise where there is one, and the cell."""
    outcome = run(tmp_path, "x = 1", cell, **limits).outcome
    assert (outcome.status, outcome.message) == (status, message)
    assert outcome.place is not None
    assert (outcome.place.path, outcome.place.cell) == ("nb.ipynb", 1)


def test_threads_daemons_and_closed_descriptors_hold_nothing_up(tmp_path: Path, left: Traces) -> None:
    """What still runs when the last cell has ended is ended."""
    thread = "import os, threading, time\nthreading.Thread(target=time.sleep, args=(60,)).start()\nos.close(1)"
    trace = run(tmp_path, thread, DAEMON, "print('end')", timeout=40)
    assert (trace.outcome.status, outputs(trace)) == ("finished", "end\n")


def test_no_message_is_lost(tmp_path: Path) -> None:
    """Messages that come faster than they are read wait, however many."""
    manager = AsyncKernelManager(connection_file=str(tmp_path / "kernel.json"))
    manager.write_connection_file()
    client = unbounded_client(manager)
    assert client.iopub_channel.socket.rcvhwm == 0
    client.stop_channels()


def test_long_output_is_kept_in_part(tmp_path: Path, left: Traces) -> None:
    """The rest is compared by digest; what is cleared is not kept."""
    trace = run(
        tmp_path,
        "for i in range(500):\n    print(i, flush=True)",
        f"print('x' * {STEP_ROOM} + 'end')",
        "from IPython.display import clear_output\nprint('gone')\nclear_output()\nprint('stays')",
    )
    texts = [item.value.text for item in trace.observations if item.what == "stdout" and item.value.kind == "text"]
    assert texts == ["".join(f"{i}\n" for i in range(500)), "x" * STEP_ROOM, "stays\n"]
    (told,) = trace.not_compared
    assert (told.what, told.reason[:18]) == ("stdout beyond what is kept of nb.ipynb cell[1]", "the last 4 bytes a")


def install_kernel(root: Path, monkeypatch: pytest.MonkeyPatch, *argv: str) -> None:
    """Make a kernel ``odd`` that starts with this command."""
    folder = root / "jupyter" / "kernels" / "odd"
    folder.mkdir(parents=True)
    spec = {"argv": list(argv), "display_name": "odd", "language": "python"}
    (folder / "kernel.json").write_text(json.dumps(spec), encoding="utf-8")
    monkeypatch.setenv("JUPYTER_PATH", str(root / "jupyter"))


def test_a_kernel_that_never_gets_ready(tmp_path: Path, left: Traces, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its own limit, told apart from cells that take long."""
    install_kernel(tmp_path, monkeypatch, "sh", "-c", "sleep 60", "{connection_file}")
    outcome = run(tmp_path / "work", "x = 1", kernel="odd", start=0.5).outcome
    assert outcome.status == "timeout"
    assert outcome.message == "the kernel was not ready after 0.5 s; if it needs longer, raise `start-timeout`"
    assert str(outcome.place) == "nb.ipynb"


def test_a_kernel_that_dies_at_its_start(tmp_path: Path, left: Traces, monkeypatch: pytest.MonkeyPatch) -> None:
    """What it wrote to standard error is the detail."""
    install_kernel(tmp_path, monkeypatch, sys.executable, "-S", "-c", "raise SystemExit('no licence')")
    outcome = run(tmp_path / "work", "x = 1", kernel="odd").outcome
    assert (outcome.status, outcome.message) == ("died", "the kernel died before it was ready: exit code 1")
    assert outcome.detail == "no licence\n"


def test_a_kernel_whose_program_is_missing(tmp_path: Path, left: Traces, monkeypatch: pytest.MonkeyPatch) -> None:
    """It blocks, and the message names the program."""
    install_kernel(tmp_path, monkeypatch, "/no/kernel", "{connection_file}")
    with pytest.raises(BlockedError, match=r"nb\.ipynb: cannot start the kernel: /no/kernel is missing"):
        run(tmp_path / "work", "x = 1", kernel="odd")


def test_a_kernel_under_a_limit_of_memory(tmp_path: Path, left: Traces) -> None:
    """The limit is in force, and named."""
    cell = "import resource\nprint(resource.getrlimit(resource.RLIMIT_AS))\nx = bytearray(5 * 10**9)"
    trace = run(tmp_path, cell, memory=5_000_000_000)
    assert outputs(trace) == "(5000000000, 5000000000)\n"
    assert trace.outcome.message == "MemoryError; `memory` allows 5 GB, raise it if that is why"


def test_a_kernel_is_what_it_would_be_without_a_supervisor(tmp_path: Path, left: Traces) -> None:
    """It leads a session and a group, its parent is the one it is told, and signals mean what they mean."""
    cell = """
    import os, signal
    own = os.getpid()
    print(os.getsid(0) == own, os.getpgid(0) == own, os.environ["JPY_PARENT_PID"] == str(os.getppid()))
    print(signal.getsignal(signal.SIGPIPE).name, signal.getsignal(signal.SIGTERM).name, signal.pthread_sigmask(0, []))
    """
    trace = run(tmp_path, cell)
    assert outputs(trace) == "True True True\nSIG_IGN SIG_DFL set()\n"


def test_interrupts_reach_the_kernel(tmp_path: Path, left: Traces) -> None:
    """jupyter_client signals the process it knows; the kernel is interrupted and lives on."""

    async def interrupted(manager: Any) -> tuple[str, bool]:
        await manager.start_kernel(env={}, cwd=str(tmp_path))
        client = manager.client()
        client.start_channels()
        await client.wait_for_ready(timeout=60)
        client.execute("print('begun', flush=True)\nwhile True: pass")
        while (await client.get_iopub_msg(timeout=60))["msg_type"] != "stream":
            pass
        await manager.interrupt_kernel()
        while (reply := await client.get_shell_msg(timeout=60))["msg_type"] != "execute_reply":
            pass
        alive = await manager.is_alive()
        client.stop_channels()
        await manager.shutdown_kernel(now=True)
        return reply["content"]["ename"], alive

    with prepared(tmp_path, Workspace()) as ready:
        folder = open_run(ready, 1)
        processes = Processes()
        manager = kernel_manager(
            "python3", folder, lambda argv, cwd, env: command(argv, cwd=cwd, env=env, folder=folder), processes
        )
        assert isinstance(manager.provisioner, SupervisedProvisioner)
        assert asyncio.run(interrupted(manager)) == ("KeyboardInterrupt", True)

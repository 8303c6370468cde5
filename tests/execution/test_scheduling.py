"""How many runs go side by side: by cores, and by memory that real runs take."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from pytest_reprocheck.core.conditions import baseline
from pytest_reprocheck.core.subjects import Subject
from pytest_reprocheck.core.trace import Trace
from pytest_reprocheck.execution import scheduling
from pytest_reprocheck.execution.limits import Limits
from pytest_reprocheck.execution.running import runner
from pytest_reprocheck.execution.scheduling import (
    Memory,
    Room,
    Seat,
    Used,
    free_memory,
    memory_bound,
    side_by_side,
    usable_cores,
)
from tests.execution.helpers import outputs, write, write_notebook

MIB = 1024**2
ALONE = """\
    import os
    held = b"x" * {size}
    os.close(os.open({lock!r}, os.O_CREAT | os.O_EXCL))
    x = sum(i * i for i in range(300_000))
    os.unlink({lock!r})
    print("alone")
    """
"""Fails when another one runs at the same time."""
TOGETHER = """\
    import os, time
    open(os.path.join({folder!r}, str(os.getpid())), "w").close()
    while len(os.listdir({folder!r})) < {count}:
        time.sleep(0.01)
    print(os.environ["OMP_NUM_THREADS"])
    """
"""Ends when so many run at the same time."""
OUTLASTING = """\
    import os, time
    open(os.path.join({folder!r}, str(os.getpid())), "w").close()
    held = b"x" * {size}
    while len(os.listdir({folder!r})) < 2:
        time.sleep(0.01)
    others = [name for name in os.listdir({folder!r}) if name != str(os.getpid())]
    while any(os.path.exists("/proc/" + name) for name in others):
        time.sleep(0.01)
    print("end", len(held))
    """
"""Ends when there are two, and the other one is gone."""


def runs(root: Path, text: str, *, count: int, room: Room, expected: Used) -> list[Trace]:
    write(root, {"train.py": text})
    subject = Subject(root=root, path="train.py", kind="script")
    with runner(subject, limits=Limits(run=120), room=room, expected=expected) as executor:
        return executor.run([baseline(subject.name, threads=3)] * count)


@pytest.mark.parametrize(
    ("cores", "workers", "busy", "expected"),
    [
        pytest.param(1, 1, 0, 2, id="two at least"),
        pytest.param(2, 1, 0, 2, id="a pair"),
        pytest.param(16, 1, 0, 2, id="a pair, while nothing is known"),
        pytest.param(16, 1, 1.0, 16, id="single-threaded"),
        pytest.param(16, 1, 0.3, 16, id="waiting a lot"),
        pytest.param(16, 1, 3.6, 4, id="four cores each"),
        pytest.param(16, 1, 16, 2, id="all cores each"),
        pytest.param(2, 2, 0, 1, id="a core for each worker"),
        pytest.param(16, 4, 1.1, 4, id="four cores for each worker"),
        pytest.param(16, 8, 2, 2, id="a pair for each worker"),
        pytest.param(4, 16, 1, 1, id="more workers than cores"),
    ],
)
def test_runs_at_a_time(cores: int, workers: int, busy: float, expected: int) -> None:
    """Cores are divided by the workers, and then by what a run keeps busy; unknown runs go in pairs."""
    assert side_by_side(Room(cores=cores, workers=workers), Used(cores=busy)) == expected


def test_a_control_group_limits_cores_and_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The smallest of the limits around this process counts; files that can be forgotten are free memory."""
    inner, outer = tmp_path / "outer" / "inner", tmp_path / "outer"
    write(outer, {"cpu.max": "50000 100000", "memory.max": "max"})
    write(inner, {"cpu.max": "max 100000", "memory.max": "1000", "memory.current": "700"})
    write(inner, {"memory.stat": "anon 600\ninactive_file 50\n"})
    monkeypatch.setattr(scheduling, "_groups", lambda: iter([inner, outer]))
    assert usable_cores() == 1
    assert free_memory() == 350
    assert memory_bound(Room(workers=2)) == pytest.approx(350 * 0.9 / 2)
    assert memory_bound(Room(memory=300, workers=3)) == 100


def test_the_machine_says_what_is_free() -> None:
    """More than nothing, and less than all the machine has."""
    total = int(Path("/proc/meminfo").read_text("ascii").split()[1]) * 1024
    assert 0 < (free_memory() or 0) < total
    assert usable_cores() >= 1


def test_a_seat_is_free_when_all_fit() -> None:
    """One run always begins; another one when both fit, in whatever order they end."""
    memory = Memory(bound=100)
    taken: list[str] = []

    def second() -> None:
        with memory.seat(60):
            taken.append("second")

    with memory.seat(500):
        waiting = threading.Thread(target=second)
        waiting.start()
        assert [seat.expected for seat in memory.running] == [500]
        taken.append("first")
    waiting.join()
    assert taken == ["first", "second"]
    with memory.seat(40), memory.seat(60):
        assert len(memory.running) == 2


def test_the_last_that_began_gives_way() -> None:
    """Only where there is another one, and all together take too much; what it takes counts from then on."""
    memory = Memory(bound=100)
    with memory.seat(0) as first:
        assert not memory.has_too_much(first, 50)
        with memory.seat(0) as second:
            assert not memory.has_too_much(first, 600)
            assert memory.has_too_much(second, 1)
    assert (first.peak, first.gave_way, second.gave_way) == (600, False, True)
    assert not Memory().has_too_much(Seat(), 10**15)


def test_what_would_not_fit_waits(tmp_path: Path) -> None:
    """Runs that are known to take 60 MiB go one after the other where there are 100."""
    text = ALONE.format(size=60 * MIB, lock=str(tmp_path / "lock"))
    room, expected = Room(cores=4, memory=100 * MIB), Used(memory=60 * MIB, cores=1)
    traces = runs(tmp_path / "project", text, count=4, room=room, expected=expected)
    assert [outputs(trace) for trace in traces] == ["alone\n"] * 4


def test_what_turns_out_not_to_fit_is_made_again(tmp_path: Path) -> None:
    """Of two runs that do not fit the later one is ended, and begins again when the other has ended."""
    (tmp_path / "begun").mkdir()
    text = OUTLASTING.format(folder=str(tmp_path / "begun"), size=200 * MIB)
    traces = runs(tmp_path / "project", text, count=2, room=Room(memory=300 * MIB), expected=Used())
    assert [(trace.outcome.status, outputs(trace)) for trace in traces] == [("finished", f"end {200 * MIB}\n")] * 2
    assert len([*(tmp_path / "begun").iterdir()]) == 3


def test_a_notebook_gives_way_too(tmp_path: Path) -> None:
    """Its kernel's memory counts, and it is made again as a whole."""
    (tmp_path / "begun").mkdir()
    write_notebook(tmp_path / "project/nb.ipynb", OUTLASTING.format(folder=str(tmp_path / "begun"), size=300 * MIB))
    subject = Subject(root=tmp_path / "project", path="nb.ipynb", kind="notebook")
    with runner(subject, limits=Limits(run=120), room=Room(memory=500 * MIB)) as executor:
        traces = executor.run([baseline(subject.name, threads=1)] * 2)
    assert [(trace.outcome.status, outputs(trace)) for trace in traces] == [("finished", f"end {300 * MIB}\n")] * 2
    assert len([*(tmp_path / "begun").iterdir()]) == 3


def test_explaining_runs_use_all_cores(tmp_path: Path) -> None:
    """Four runs that wait for each other end where four cores are free; each has the threads of its conditions."""
    (tmp_path / "begun").mkdir()
    text = TOGETHER.format(folder=str(tmp_path / "begun"), count=4)
    traces = runs(tmp_path / "project", text, count=4, room=Room(cores=4), expected=Used(cores=1))
    assert [outputs(trace) for trace in traces] == ["3\n"] * 4


def test_what_a_run_takes_is_measured(tmp_path: Path) -> None:
    """Its largest memory, and the cores that it kept busy; the runs after it are reckoned with that."""
    write(tmp_path, {"train.py": f"size = len(b'x' * {150 * MIB})\nx = sum(i * i for i in range(3_000_000))\n"})
    subject = Subject(root=tmp_path, path="train.py", kind="script")
    with runner(subject, limits=Limits(run=120)) as executor:
        executor.run([baseline(subject.name, threads=1)])
        assert 150 * MIB < executor.used.memory < 300 * MIB
        assert 0 < executor.used.cores < 2

"""What nobody seeded is drawn from streams of the task, whichever worker process gets it."""

from __future__ import annotations

from pathlib import Path

import pytest

from .children import run_script

POOLS = """
import multiprocessing, random, sys
from concurrent.futures import ProcessPoolExecutor
import numpy as np

def draw(number):
    # Of the two normals that the legacy generators make at a time, one is left over.
    legacy = random.gauss(0, 1), float(np.random.normal())
    return number, *legacy, random.Random().random(), float(np.random.default_rng().random())

if __name__ == "__main__":
    forking = multiprocessing.get_context("fork")
    for context in (forking, multiprocessing.get_context("spawn")):
        with context.Pool(int(sys.argv[1])) as pool:
            print(pool.map(draw, range(4), chunksize=1))
    for _ in range(2):
        with ProcessPoolExecutor(int(sys.argv[1]), mp_context=forking) as pool:
            print(list(pool.map(draw, range(4))))
"""


def test_a_task_draws_the_same_whichever_worker_gets_it(tmp_path: Path) -> None:
    """One worker and three give the same numbers, and no two tasks draw the same; a worker tells of a line once."""
    folder = tmp_path / "project"
    alone = run_script(folder, POOLS, args=["1"], conditions={})
    assert (alone.code, alone.stderr) == (0, "")
    assert run_script(folder, args=["3"], conditions={}).stdout == alone.stdout
    numbers = [number for line in alone.stdout.splitlines() for task in eval(line) for number in task[1:]]
    assert len(set(numbers)) == len(numbers)
    told = [[line["stream"] for line in lines] for name, lines in alone.logs.items() if name != "main.jsonl"]
    assert [[stream.partition("#task ")[0] for stream in streams] for streams in told] == [
        ["random", "numpy", "random@train.py:9", "numpy@train.py:9"]
    ] * 4
    assert all("#task " in stream for streams in told for stream in streams)


BATCHES = """
import os, random, time
from joblib import Parallel, delayed

def draw():
    time.sleep(float(os.environ["PAUSE"]))
    return random.random()

if __name__ == "__main__":
    print(Parallel(n_jobs=2)(delayed(draw)() for _ in range(14)))
"""


def test_joblib_sends_as_many_tasks_at_once_as_in_the_recorded_run(tmp_path: Path) -> None:
    """Quick tasks are sent by twos and more, slow ones one by one; a replay is no other for being slow."""
    folder = tmp_path / "project"
    quick = run_script(folder, BATCHES, variables={"PAUSE": "0"}, conditions={})
    slow = run_script(folder, variables={"PAUSE": "0.21"}, conditions={}, recording=str(quick.blobs.parent / "record"))
    assert (quick.code, slow.stdout) == (0, quick.stdout)


CARRIED = """
import multiprocessing, random, sys
import numpy as np

def start():
    random.seed(4)

def draw(number):
    return float(np.random.normal()), random.random()

def seeded(number):
    random.seed(number)
    np.random.seed(number)
    return float(np.random.normal()), random.random()

if __name__ == "__main__":
    np.random.seed(3)
    with multiprocessing.get_context("fork").Pool(int(sys.argv[1]), initializer=start) as pool:
        print(pool.map(globals()[sys.argv[2]], range(6), chunksize=1))
"""


@pytest.mark.parametrize(("workers", "function", "sources"), [(1, "draw", ["carried"] * 2), (1, "seeded", [])])
def test_draws_from_a_state_that_a_worker_carries_are_told(
    tmp_path: Path, workers: int, function: str, sources: list[str]
) -> None:
    """It was seeded, but before the tasks began; what a task seeds itself is nobody's business."""
    child = run_script(tmp_path / "project", CARRIED, args=[str(workers), function], conditions={})
    assert child.code == 0, child.stderr
    events = [line for name, lines in child.logs.items() if name != "main.jsonl" for line in lines]
    assert [event["source"] for event in events if event["type"] == "event"] == sources


def test_where_addresses_are_pinned_each_task_begins_with_the_same_state(tmp_path: Path) -> None:
    """So it does not matter how many workers there are."""
    folder = tmp_path / "project"
    alone = run_script(folder, CARRIED, args=["1", "draw"], conditions={"pinned": True})
    several = run_script(folder, args=["3", "draw"], conditions={"pinned": True})
    assert (alone.code, several.stdout) == (0, alone.stdout)
    assert alone.stdout != run_script(folder, args=["1", "draw"], conditions={}).stdout


def test_a_task_s_failure_shows_no_frame_of_ours(tmp_path: Path) -> None:
    """The traceback of an initializer that fails, and of an executor that cannot be made."""
    source = """
import multiprocessing, traceback
from concurrent.futures import ProcessPoolExecutor
def start():
    raise SystemExit("no")
if __name__ == "__main__":
    try:
        ProcessPoolExecutor(0)
    except ValueError as error:
        print([frame.name for frame in traceback.extract_tb(error.__traceback__)])
    process = multiprocessing.Process(target=multiprocessing.pool.worker, args=(multiprocessing.SimpleQueue(), None))
"""
    child = run_script(tmp_path / "project", source, conditions={})
    assert child.stdout == "['<module>', '__init__']\n"


@pytest.mark.parametrize(
    ("library", "drawn"),
    [
        ("sklearn.utils", "float(sklearn.utils.check_random_state(None).random())"),
        ("torch", "torch.rand(1).item()"),
    ],
)
def test_libraries_draw_by_task_too(tmp_path: Path, library: str, drawn: str) -> None:
    """What they hold begins anew with each task."""
    pytest.importorskip(library)
    source = f"""
import multiprocessing, sys, {library}

def draw(number):
    return {drawn}

if __name__ == "__main__":
    with multiprocessing.get_context("fork").Pool(int(sys.argv[1])) as pool:
        print(pool.map(draw, range(4), chunksize=1))
"""
    folder = tmp_path / "project"
    alone = run_script(folder, source, args=["1"], conditions={})
    assert (alone.code, run_script(folder, args=["2"], conditions={}).stdout) == (0, alone.stdout)
    assert len(set(eval(alone.stdout))) == 4


THREADS = """
import random, threading
from concurrent.futures import ThreadPoolExecutor
drawn = {}

def draw(number):
    drawn[number] = random.Random().random()

for numbers in ((0, 1, 2), (3, 4)):
    threads = [threading.Thread(target=draw, args=(number,)) for number in numbers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
with ThreadPoolExecutor(2) as pool:
    list(pool.map(draw, (5, 6, 7)))
print(sorted(drawn.items()))
"""


def test_a_thread_draws_the_same_whenever_it_gets_to_it(tmp_path: Path) -> None:
    """Generators that threads and work of thread pools make are fed by who makes them, and not by when."""
    child = run_script(tmp_path / "project", THREADS, conditions={})
    other = run_script(tmp_path / "project", THREADS, conditions={"completion": "reversed"})
    assert (child.code, child.stderr, other.stdout) == (0, "", child.stdout)
    assert len({number for _name, number in eval(child.stdout)}) == 8

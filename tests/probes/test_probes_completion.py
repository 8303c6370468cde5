"""Concurrent results reach user code as they come, as they came in the recorded run, or in another order."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from typing import Any

import pytest

from .children import Child, run_notebook, run_plain, run_script
from .test_probes_listing import conditions

WAYS = """
import asyncio, concurrent.futures as cf, json, multiprocessing, multiprocessing.pool, sys, time
from concurrent.futures import as_completed
import joblib

FACTOR = int(sys.argv[1])

def pause(i):
    return 0.05 * ((i * FACTOR) % 5)

def work(i):
    time.sleep(pause(i))
    return i

async def task(i):
    await asyncio.sleep(pause(i))
    return i

def first_ones(futures):
    got = []
    while futures:
        done, futures = cf.wait(futures, return_when=cf.FIRST_COMPLETED)
        got.append(sorted(future.result() for future in done))
    return got

async def asynchronous(out):
    out["asyncio.as_completed"] = [await one for one in asyncio.as_completed([task(i) for i in range(5)])]
    pending, out["asyncio.wait"] = {asyncio.create_task(task(i)) for i in range(5)}, []
    while pending:
        done, pending = await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
        out["asyncio.wait"].append(sorted(one.result() for one in done))

def main():
    out = {}
    with cf.ThreadPoolExecutor(5) as pool:
        out["threads"] = [one.result() for one in as_completed([pool.submit(work, i) for i in range(5)])]
        out["set"] = [one.result() for one in cf.as_completed({pool.submit(work, i) for i in range(5)})]
        out["wait"] = first_ones({pool.submit(work, i) for i in range(5)})
    with cf.ProcessPoolExecutor(5, mp_context=multiprocessing.get_context("fork")) as pool:
        out["processes"] = [one.result() for one in as_completed({pool.submit(work, i): i for i in range(5)})]
    with multiprocessing.get_context("fork").Pool(5) as pool:
        out["pool"] = list(pool.imap_unordered(work, range(5)))
        out["chunks"] = list(pool.imap_unordered(work, range(10), chunksize=2))
    with multiprocessing.pool.ThreadPool(5) as pool:
        out["thread pool"] = list(pool.imap_unordered(work, iter(range(5))))
    parallel = joblib.Parallel(n_jobs=5, prefer="threads", return_as="generator_unordered", batch_size=1)
    out["joblib"] = list(parallel(joblib.delayed(work)(i) for i in range(5)))
    asyncio.run(asynchronous(out))
    print(json.dumps(out))

if __name__ == "__main__":
    main()
"""
PATIENT = f"import _reprocheck_probes.delivery as held; held.LONGEST = held.TOGETHER = 60;{WAYS}"
"""The same where results are held back for as long as a busy machine needs for the others."""
CALLED = [
    ("concurrent.futures.as_completed", 36),
    ("concurrent.futures.as_completed", 37),
    ("concurrent.futures.wait", 22),
    ("concurrent.futures.as_completed", 40),
    ("multiprocessing Pool.imap_unordered", 42),
    ("multiprocessing Pool.imap_unordered", 43),
    ("multiprocessing ThreadPool.imap_unordered", 45),
    ("joblib.Parallel", 47),
    ("asyncio.as_completed", 27),
    ("asyncio.wait", 30),
]


def _facts(child: Child) -> set[str]:
    return {line["facts"]["completion"] for line in child.of_type("facts") if "completion" in line["facts"]}


def _recorded(child: Child) -> set[str]:
    """What kinds of reads the run's processes recorded."""
    files = (child.blobs.parent / "record").iterdir()
    return {json.loads(line)[0] for file in files for line in file.read_text().splitlines()}


def _results(child: Child) -> dict[str, Any]:
    assert (child.code, child.stderr) == (0, "")
    assert child.not_compared == []
    found: dict[str, Any] = json.loads(child.stdout)
    return found


def test_results_come_in_reverse_of_their_submission(tmp_path: Path) -> None:
    """Whatever comes first; each call is logged at its line."""
    child = run_script(tmp_path / "project", PATIENT, conditions=conditions(completion="reversed"), args=["3"])
    found = _results(child)
    for way in ("wait", "asyncio.wait"):
        assert found.pop(way) == [[4], [3], [2], [1], [0]]
    assert found.pop("chunks") == [8, 9, 6, 7, 4, 5, 2, 3, 0, 1]
    assert all(order == [4, 3, 2, 1, 0] for order in found.values())
    events = [event for event in child.events if event.source == "completion"]
    assert [(event.what, event.stack[0].place.line) for event in events] == CALLED
    assert [event.stream for event in events] == [f"completion@train.py:{line}" for _, line in CALLED]
    assert _facts(child) == {"reversed"}


def test_results_come_in_the_order_of_their_submission(tmp_path: Path) -> None:
    """Where that is wanted, whatever comes first."""
    child = run_script(tmp_path / "project", PATIENT, conditions=conditions(completion="submitted"), args=["3"])
    found = _results(child)
    for way in ("wait", "asyncio.wait"):
        assert found.pop(way) == [[0], [1], [2], [3], [4]]
    assert found.pop("chunks") == list(range(10))
    assert all(order == [0, 1, 2, 3, 4] for order in found.values())
    assert _facts(child) == {"submitted"}


def test_a_recorded_order_comes_again(tmp_path: Path) -> None:
    """Results of tasks that take other times are delivered as they came in the recorded run."""
    project = tmp_path / "project"
    first = run_script(project, PATIENT, conditions=conditions(), args=["3"])
    again = run_script(project, PATIENT, conditions=conditions(), args=["2"])
    replayed = run_script(
        project,
        PATIENT,
        conditions=conditions(replays=("completion",)),
        recording=str(first.blobs.parent / "record"),
        args=["2"],
    )
    assert _results(replayed) == _results(first) != _results(again)
    assert _facts(first) == _facts(replayed) == {"as-it-comes"}
    assert "completion" in _recorded(first)
    assert "completion" not in _recorded(replayed)


THREADS = """
import json, threading, time
from concurrent.futures import ThreadPoolExecutor

seen = {"threads": [], "pool": []}

def work(number, kind):
    time.sleep(0.002 * (number * 3 % 5))
    seen[kind].append(number)

threads = [threading.Thread(target=work, args=(number, "threads")) for number in range(5)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
with ThreadPoolExecutor(5) as pool:
    pool.map(work, range(5), ["pool"] * 5)
print(json.dumps(seen))
"""
TURNS = f"import _reprocheck_probes.completion_threads as turns; turns.PATIENCE = turns.TOGETHER = 60;{THREADS}"


@pytest.mark.parametrize("completion", ["as-it-comes", "reversed"])
def test_threads_take_turns(tmp_path: Path, completion: str) -> None:
    """In the order in which they were started, or in reverse, however long each takes."""
    child = run_script(tmp_path / "project", TURNS, conditions=conditions(completion=completion))
    found = _results(child)
    if completion == "reversed":
        assert found["threads"] == [4, 3, 2, 1, 0]
        # A pool makes its workers as work comes in.
        assert found["pool"] != [0, 1, 2, 3, 4]
    else:
        assert found == {"threads": [0, 1, 2, 3, 4], "pool": [0, 1, 2, 3, 4]}
    events = [event for event in child.events if event.source == "completion"]
    assert [(event.what, event.stack[0].place.line) for event in events] == [
        ("work in threads", 13),
        ("work in threads", 17),
    ]


WAITING = """
import queue, threading, time

def produce():
    for number in range(5):
        tasks.put(number)
    tasks.put(None)

def consume():
    while (number := tasks.get()) is not None:
        done.append(number)

tasks, done = queue.Queue(1), []
threads = [threading.Thread(target=consume), threading.Thread(target=produce)]
begun = time.monotonic()
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(done, thread.run.__qualname__, time.monotonic() - begun < 30)
"""


@pytest.mark.parametrize("completion", ["as-it-comes", "reversed"])
def test_threads_that_wait_for_each_other_come_to_their_end(tmp_path: Path, completion: str) -> None:
    """One that has not ended after a moment lets the next begin; nothing of it is left in the thread."""
    child = run_script(tmp_path / "project", WAITING, conditions=conditions(completion=completion))
    assert (child.stdout, child.stderr) == ("[0, 1, 2, 3, 4] Thread.run True\n", "")


SAME = """
import asyncio, concurrent.futures as cf, gc, multiprocessing.pool, sys, threading, time, traceback, types, weakref
import joblib
from library import completed

def fail(i):
    if i == 2:
        raise ValueError(i)
    return i

def outcomes(futures):
    return sorted(repr(one.exception()) if one.exception() else str(one.result()) for one in futures)

def told(function, *args, **kwargs):
    try:
        return function(*args, **kwargs)
    except Exception as error:
        return type(error).__name__, str(error)

class Big:
    pass

def threads(pool):
    print(outcomes(cf.as_completed([pool.submit(fail, i) for i in range(4)])))
    one = pool.submit(fail, 0)
    print(len(list(cf.as_completed([one, one]))))
    print(list(cf.as_completed([])), type(cf.as_completed([])) is types.GeneratorType)
    gate = threading.Event()
    blocked = [pool.submit(gate.wait), pool.submit(fail, 1), pool.submit(fail, 3)]
    while not all(one.done() for one in blocked[1:]):
        time.sleep(0.01)
    got = []
    def take():
        for one in cf.as_completed(blocked, timeout=0.3):
            got.append(one.result())
    print(told(take), sorted(got))
    print([len(part) for part in cf.wait(blocked[:1], timeout=0.1, return_when=cf.FIRST_COMPLETED)])
    print(len(cf.wait(blocked, timeout=0.1).done), type(cf.wait(blocked, 0.1)).__name__)
    gate.set()
    cancelled = cf.Future()
    cancelled.cancel()
    cancelled.set_running_or_notify_cancel()
    print([one.cancelled() for one in cf.as_completed([cancelled])])
    early = cf.as_completed([pool.submit(fail, i) for i in range(3)])
    next(early)
    print(early.close(), list(early), early.__name__)
    print(told(lambda: list(cf.as_completed([1, 2]))), told(cf.as_completed), told(lambda: next(cf.as_completed(3))))
    print(told(cf.wait), told(cf.wait, 3), sorted(one.result() for one in completed([pool.submit(fail, 1)])))
    futures = [pool.submit(Big) for _ in range(3)]
    results = cf.as_completed(futures)
    del futures
    kept = [weakref.ref(next(results).result()) for _ in range(3)]
    end = time.monotonic() + 10
    while any(one() is not None for one in kept) and time.monotonic() < end:
        time.sleep(0.01)
        gc.collect()
    print([one() is None for one in kept])
    polled = [pool.submit(fail, i) for i in range(2)]
    while len(cf.wait(polled, return_when="FIRST_COMPLETED").done) < 2:
        pass

def numbers():
    yield from range(3)
    raise KeyError("input")

def pools():
    with multiprocessing.pool.ThreadPool(2) as pool:
        found = pool.imap_unordered(fail, range(4))
        got = [told(next, found) for _ in range(4)]
        print(sorted(map(str, got)), told(next, found), told(found.next, 0.1))
        print(type(found).__name__, iter(found) is found)
        broken = pool.imap_unordered(abs, numbers())
        print(sorted(str(told(next, broken)) for _ in range(4)), told(next, broken))
        gate = threading.Event()
        waiting = pool.imap_unordered(lambda _: gate.wait(), [1])
        print(told(waiting.next, timeout=0.1))
        gate.set()
        print(next(waiting), told(pool.imap_unordered, abs, [1], 0), list(pool.imap_unordered(abs, [])))
        print(sorted(pool.imap_unordered(abs, range(-5, 0), 2)), list(pool.imap(abs, [-1, -2])))

async def one(i):
    await asyncio.sleep(0.01 * i)
    return fail(i)

async def awaited(coroutine):
    try:
        return await coroutine
    except Exception as error:
        return type(error).__name__, str(error)

async def loops():
    print(sorted([str(await awaited(each)) for each in asyncio.as_completed([one(i) for i in range(4)])]))
    slow = [asyncio.ensure_future(asyncio.Event().wait()), asyncio.ensure_future(one(0))]
    await slow[1]
    print(sorted([str(await awaited(each)) for each in asyncio.as_completed(slow, timeout=0.2)]))
    print([len(part) for part in await asyncio.wait(slow[:1], timeout=0.1, return_when=asyncio.FIRST_COMPLETED)])
    print(told(lambda: next(iter(asyncio.as_completed(slow[0])))), told(asyncio.as_completed))
    print(list(asyncio.as_completed([])))
    print(await awaited(asyncio.wait([])), asyncio.iscoroutinefunction(asyncio.wait))
    slow[0].cancel()
    done, pending = await asyncio.wait(slow, return_when=asyncio.FIRST_COMPLETED)
    print(len(done | pending), type(done).__name__, [await each for each in asyncio.as_completed({one(0)})])
    every = await asyncio.gather(*asyncio.as_completed([one(0), one(1)]))
    print(sorted(every))

def joblibs():
    parallel = joblib.Parallel(n_jobs=2, prefer="threads", return_as="generator_unordered")
    print(sorted(parallel(joblib.delayed(abs)(i) for i in range(-7, 0))), sorted(parallel([joblib.delayed(abs)(-1)])))
    print(told(lambda: list(parallel(joblib.delayed(fail)(i) for i in range(4)))))
    print(list(joblib.Parallel(n_jobs=1, return_as="generator_unordered")([joblib.delayed(abs)(-1)])))
    print(list(joblib.Parallel(n_jobs=2, prefer="threads")(joblib.delayed(abs)(i) for i in range(3))))

with cf.ThreadPoolExecutor(4) as pool:
    threads(pool)
pools()
asyncio.run(loops())
joblibs()
"""


@pytest.mark.parametrize("order", ["as-it-comes", "reversed"])
def test_nothing_but_the_order_changes(tmp_path: Path, order: str) -> None:
    """Errors, time-outs, cancelled and repeated futures, early ends and garbage are as in plain Python."""
    project = tmp_path / "project"
    site = tmp_path / "site-packages"
    project.mkdir()
    site.mkdir()
    (project / "library.py").symlink_to(site / "library.py")
    (site / "library.py").write_text(
        "import concurrent.futures\ndef completed(futures):\n    return concurrent.futures.as_completed(futures)\n"
    )
    child = run_script(project, SAME, conditions=conditions(completion=order))
    assert (child.code, child.stdout, child.stderr) == run_plain(project)
    assert child.code == 0, child.stderr
    assert child.not_compared == []


DRIVEN = """
import asyncio, concurrent.futures as cf, multiprocessing.pool, queue, threading

with cf.ThreadPoolExecutor(4) as pool:
    gates = [threading.Event() for _ in range(4)]
    gates[0].set()
    got = []
    for done in cf.as_completed([pool.submit(lambda i: gates[i].wait() and i, i) for i in range(4)]):
        got.append(done.result())
        if len(got) < 4:
            gates[got[-1] + 1].set()
    print(got)
    pending, got = {pool.submit(abs, 0)}, []
    pending.add(pool.submit(gates[0].wait))
    while pending and len(got) < 100:
        done, pending = cf.wait(pending, return_when=cf.FIRST_COMPLETED)
        got += done
        pending |= {pool.submit(abs, 1) for _ in done}
    print(len(got) >= 100)
with multiprocessing.pool.ThreadPool(2) as pool:
    inputs = queue.Queue()
    inputs.put(0)
    got = []
    for result in pool.imap_unordered(abs, iter(inputs.get, None)):
        got.append(result)
        inputs.put(result + 1 if result < 4 else None)
    print(got)
async def driven():
    gates = [asyncio.Event() for _ in range(3)]
    gates[0].set()
    async def task(i):
        await gates[i].wait()
        return i
    got = []
    for done in asyncio.as_completed([task(i) for i in range(3)]):
        got.append(await done)
        if len(got) < 3:
            gates[got[-1] + 1].set()
    print(got)
asyncio.run(driven())
"""


def test_consumers_that_drive_their_producers_never_wait_for_ever(tmp_path: Path) -> None:
    """Where the next result comes only after the last was seen, results are delivered as they come after all."""
    project = tmp_path / "project"
    child = run_script(project, DRIVEN, conditions=conditions(completion="reversed"))
    assert (child.code, child.stdout, child.stderr) == run_plain(project)
    assert child.stdout == "[0, 1, 2, 3]\nTrue\n[0, 1, 2, 3, 4]\n[0, 1, 2]\n"


def test_cells_that_await(tmp_path: Path) -> None:
    """A notebook's own loop, at top level; what was recorded of a call that was left early is what came."""
    cell = (
        "import asyncio\n"
        "async def task(i):\n"
        "    await asyncio.sleep(0.1 * i)\n"
        "    return i\n"
        "for done in asyncio.as_completed([task(2), task(0), task(1)]):\n"
        "    print(await done)\n"
        "    break\n"
    )
    child, notebook = run_notebook(tmp_path / "project", [cell, "print('next')"], conditions=conditions())
    assert [str(event.stack[0].place) for event in child.events] == ["nb.ipynb cell[0]:5"]
    (record,) = (child.blobs.parent / "record").iterdir()
    assert "[1" in record.read_text()
    reverse = conditions(completion="reversed")
    _, notebook = run_notebook(tmp_path / "project", [cell.replace("    break\n", "")], conditions=reverse)
    assert notebook.cells[0].outputs[0].text == "1\n0\n2\n" or notebook.cells[0].outputs[0].text == "2\n1\n0\n"


DISTRIBUTED = """
import logging, sys, time
from distributed import Client, as_completed

FACTOR = int(sys.argv[1]) if len(sys.argv) > 1 else 3

def work(i):
    time.sleep(0.05 * ((i * FACTOR) % 5))
    return i

def fail(i):
    raise ValueError(i)

def main():
    logging.getLogger("distributed").setLevel(logging.CRITICAL)
    with Client(processes=False, n_workers=1, threads_per_worker=5, dashboard_address=None) as client:
        futures = client.map(work, range(5))
        print([future.result() for future in as_completed(futures)])
        print([result for _, result in as_completed(client.map(work, range(10, 15)), with_results=True)])
        growing, got = as_completed([client.submit(work, 31)]), []
        for future in growing:
            got.append(future.result())
            if len(got) < 3:
                growing.add(client.submit(work, 31 + len(got)))
        print(got)
        print(sum(len(batch) for batch in as_completed(futures + futures[:1]).batches()), list(as_completed([])))
        try:
            list(as_completed([client.submit(fail, 3)], with_results=True))
        except ValueError as error:
            print(repr(error))

if __name__ == "__main__":
    main()
"""


@pytest.mark.skipif(importlib.util.find_spec("distributed") is None, reason="distributed is not installed")
def test_results_of_a_cluster(tmp_path: Path) -> None:
    """Delivered in reverse, or as recorded; futures may be added while results are taken."""
    project = tmp_path / "project"
    reverse = run_script(project, DISTRIBUTED, conditions=conditions(completion="reversed"))
    rest = ["[31, 32, 33]", "6 []", "ValueError(3)"]
    assert reverse.stdout.splitlines() == ["[4, 3, 2, 1, 0]", "[14, 13, 12, 11, 10]", *rest]
    first = run_script(project, DISTRIBUTED, conditions=conditions(), args=["3"])
    assert first.stdout.splitlines()[2:] == rest
    recording = str(first.blobs.parent / "record")
    replays = conditions(replays=("completion",))
    replayed = run_script(project, DISTRIBUTED, conditions=replays, recording=recording, args=["2"])
    assert replayed.stdout == first.stdout
    assert {child.code for child in (reverse, first, replayed)} == {0}
    assert reverse.not_compared == first.not_compared == replayed.not_compared == []

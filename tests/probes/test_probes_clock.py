"""The clock that user code reads is moved, recorded and replayed; everybody else's is the real one."""

from __future__ import annotations

import itertools
import json
import time
from pathlib import Path

import pytest

from .children import run_notebook, run_plain, run_script
from .circumstances import DAY, conditions, events, facts, printed, record, run

READS = """
import datetime as module, json, pickle, time, timeit
from dataclasses import dataclass, field
from datetime import date, datetime, timezone
from time import time as imported
import numpy as np
import pandas as pd

class Subclass(datetime):
    pass

class Timer:
    clock = time.time
    def read(self):
        return self.clock()

@dataclass
class Row:
    at: float = field(default_factory=time.time)

print(json.dumps({
    "time.time": time.time(),
    "time.time imported": imported(),
    "time.time of a class": Timer().read(),
    "time.time of a dataclass": Row().at,
    "time.time_ns": time.time_ns() / 1e9,
    "time.clock_gettime": time.clock_gettime(time.CLOCK_REALTIME),
    "datetime.datetime.now": datetime.now().timestamp(),
    "datetime.datetime.now zone": module.datetime.now(timezone.utc).timestamp(),
    "datetime.datetime.now subclass": Subclass.now().timestamp(),
    "datetime.datetime.now pickled": pickle.loads(pickle.dumps(datetime.now))().timestamp(),
    "datetime.datetime.utcnow": datetime.utcnow().replace(tzinfo=timezone.utc).timestamp(),
    "datetime.date.today": datetime.combine(date.today(), datetime.now().time()).timestamp(),
    "datetime.datetime.today": datetime.today().timestamp(),
    "time.localtime": time.mktime(time.localtime()),
    "time.gmtime": datetime(*time.gmtime()[:6], tzinfo=timezone.utc).timestamp(),
    "time.ctime": time.mktime(time.strptime(time.ctime())),
    "time.asctime": time.mktime(time.strptime(time.asctime())),
    "time.strftime": float(time.strftime("%s")),
    "pandas Timestamp.now": pd.Timestamp.now("UTC").timestamp(),
    "pandas Timestamp.today": pd.Timestamp.today("UTC").timestamp(),
    "pandas words": pd.to_datetime("now").to_pydatetime().timestamp(),
    "numpy.datetime64": np.datetime64("now").astype(int).item(),
    "numpy.datetime64 today": np.datetime64("today").astype("M8[s]").astype(int).item(),
}))
"""


@pytest.fixture(params=["UTC", "Asia/Tokyo"])
def zone(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """The zone that children have."""
    monkeypatch.setenv("TZ", request.param)
    return str(request.param)


def test_every_way_of_reading_gives_the_same_moved_clock(tmp_path: Path, zone: str) -> None:
    """Seconds, datetimes, struct times, pandas and numpy agree with one another, in every zone."""
    before = time.time()
    child = run(tmp_path, READS, clock_offset=41 * DAY)
    after = time.time()
    read = printed(child)
    day = read.pop("numpy.datetime64 today")
    for name, moment in read.items():
        assert before - 1 <= moment - 41 * DAY <= after, name
    local = 9 * 3600 if zone == "Asia/Tokyo" else 0
    assert day == (read["time.time"] + local) // DAY * DAY
    assert facts(child)["clock"] == f"+{41 * 1440} min, rate 1"


def test_reads_are_told_by_what_the_user_called(tmp_path: Path) -> None:
    """Each read is an event at the user's line, once; reads of local time are events of the zone too."""
    child = run(tmp_path, READS)
    called = {what for what, _ in events(child, "clock")}
    assert called >= {"time.time", "time.time_ns", "time.clock_gettime", "time.gmtime", "numpy.datetime64"}
    assert called >= {"datetime.datetime.now", "datetime.datetime.utcnow", "datetime.date.today"}
    assert called >= {"pandas Timestamp.now", "pandas Timestamp.today"}
    assert ("time.time", "train.py:15") in events(child, "clock")
    local = {what for what, _ in events(child, "timezone")}
    assert local >= {"datetime.date.today", "datetime.datetime.now", "datetime.datetime.timestamp", "time.localtime"}
    assert local.isdisjoint({"time.gmtime", "time.time", "datetime.datetime.utcnow"})
    lines = [place for what, place in events(child, "clock") if what == "time.time"]
    assert len(lines) == len(set(lines))


RATE = """
import json, threading, time
from datetime import datetime
real = time.clock_gettime_ns.__wrapped__
def now():
    return real(time.CLOCK_MONOTONIC) / 1e9
clocks = [time.time, time.monotonic, time.perf_counter, lambda: datetime.now().timestamp()]
around = now()
start = [clock() for clock in clocks]
between = now()
threading.Event().wait(0.2)
waited = now() - between
end = [clock() for clock in clocks]
around = now() - around
start_cpu = time.process_time()
while time.process_time() - start_cpu < 0.21:
    pass
print(json.dumps([waited, around, [b - a for a, b in zip(start, end)]]))
"""


def test_clocks_go_faster_together_and_waits_do_not(tmp_path: Path) -> None:
    """Under a rate of 7, a wait of 0.2 s is no shorter than ever, and every clock says that it was 1.4 s."""
    waited, around, elapsed = printed(run(tmp_path, RATE, clock_rate=7.0))
    assert waited >= 0.2
    # Between the reads of a clock lies more than the wait, and less than what lies between the reads around them all.
    # Real clocks differ a little: the system lets the time of day go faster or slower until it is right.
    for each in elapsed:
        assert 0.99 * 7 * waited <= each <= 1.01 * 7 * around


def test_values_repeat_bit_by_bit_in_a_replay(tmp_path: Path) -> None:
    """A replayed run reads exactly what the recorded one read, from every clock and by every way."""
    source = READS + "from time import perf_counter, monotonic_ns, process_time\nfor _ in range(50):\n"
    source += (
        "    print(time.time(), datetime.now(), pd.Timestamp.now(), perf_counter(), monotonic_ns(), process_time())\n"
    )
    first = run(tmp_path, source)
    assert run(tmp_path, source, replays=["clock"], recording=record(first)).stdout == first.stdout
    assert run(tmp_path, source).stdout != first.stdout


def test_a_replay_that_reads_more_goes_on_from_the_last_value(tmp_path: Path) -> None:
    """After the recorded reads of a line the clock continues there, at real rate."""
    source = (
        "import sys, time\nfor _ in range({}):\n    time.sleep(0.02); print(time.time())\nprint(time.monotonic())\n"
    )
    child = run(tmp_path, source.format(2))
    first = [float(line) for line in child.stdout.split()]
    longer = run(tmp_path, source.format(4), replays=["clock"], recording=record(child), clock_rate=7.0)
    second = [float(line) for line in longer.stdout.split()]
    assert second[:2] == first[:2]
    assert 0.02 <= second[2] - first[1] < 60
    assert 0.02 <= second[3] - second[2] < 60
    assert second[4] == first[2]


LIBRARIES = """
import asyncio, concurrent.futures, json, logging, multiprocessing.dummy, queue, sched, ssl, tempfile, threading, time
import email.utils
real = time.clock_gettime_ns.__wrapped__
def now():
    return real(time.CLOCK_REALTIME) / 1e9
out = {}
async def timers():
    loop = asyncio.get_running_loop()
    before, start = now(), loop.time()
    await asyncio.sleep(0.1)
    await asyncio.wait_for(asyncio.sleep(0.05), 60)
    elapsed = loop.time() - start
    return elapsed, now() - before
out["loop"] = asyncio.run(timers())
start = now()
threading.Event().wait(0.05)
threading.Condition().acquire()
try:
    queue.Queue().get(timeout=0.05)
except queue.Empty:
    pass
with concurrent.futures.ThreadPoolExecutor(2) as pool:
    list(pool.map(lambda _: time.sleep(0.02), range(4)))
with multiprocessing.dummy.Pool(2) as pool:
    pool.map(abs, range(4))
out["waits"] = now() - start
out["log record"] = [now(), logging.LogRecord("n", 10, "f", 1, "m", (), None).created, now()]
out["mail date"] = [int(now()), email.utils.mktime_tz(email.utils.parsedate_tz(email.utils.formatdate())), now()]
out["session"] = ssl.create_default_context() is not None
print(json.dumps(out))
"""


def test_libraries_keep_real_time(tmp_path: Path) -> None:
    """Event loops, waits, pools, log records and mail dates are as ever, 401 days ahead and seven times as fast."""
    child = run(tmp_path, LIBRARIES, clock_offset=401 * DAY, clock_rate=7.0)
    out = printed(child)
    elapsed, around = out["loop"]
    assert 0.14 <= elapsed <= 1.01 * around  # a loop takes a timer for due that is within its clock's resolution
    assert out["waits"] >= 0.1
    assert out["log record"] == sorted(out["log record"])
    assert out["mail date"] == sorted(out["mail date"])
    assert events(child, "clock") == []


MEASURED = """
from sklearn import model_selection
from sklearn.datasets import load_iris
from sklearn.tree import DecisionTreeClassifier
X, y = load_iris(return_X_y=True)
tree = DecisionTreeClassifier(random_state=0)
search = model_selection.GridSearchCV(tree, {"max_depth": [1, 2]}, cv=2)
search.fit(X, y)
print(search.cv_results_["mean_fit_time"], search.refit_time_)
print(model_selection.cross_validate(tree, X, y, cv=2)["score_time"])
print(model_selection.learning_curve(
    tree, X, y, cv=2, return_times=True)[3])
"""


def test_times_that_a_search_gives_back_are_the_users_reads(tmp_path: Path) -> None:
    """They repeat in a replay, and an event names what measured them, at the user's line."""
    first = run(tmp_path, MEASURED)
    assert run(tmp_path, MEASURED, replays=["clock"], recording=record(first)).stdout == first.stdout
    assert events(first, "clock") == [
        ("GridSearchCV.fit", "train.py:8"),
        ("cross_validate", "train.py:10"),
        ("learning_curve", "train.py:11"),
    ]


CHILDREN = """
import json, multiprocessing, subprocess, sys, time
from joblib import Parallel, delayed
def read(_=0):
    return time.time(), time.monotonic()
if __name__ == "__main__":
    out = [read()]
    for method in ("fork", "spawn"):
        with multiprocessing.get_context(method).Pool(1) as pool:
            out.append(pool.map(read, [0])[0])
    out.append(Parallel(2, backend="loky")(delayed(read)() for _ in range(1))[0])
    out.append(json.loads(subprocess.run([sys.executable, "sub.py"], capture_output=True, text=True).stdout))
    out.append(read())
    print(json.dumps(out))
"""
SUBPROCESS = "import json, time\nprint(json.dumps([time.time(), time.monotonic()]))\n"


def test_processes_agree_on_the_time_and_replay_their_own(tmp_path: Path) -> None:
    """Children by fork, spawn, loky and subprocess read the same moved clock, each is recorded and replayed."""
    (tmp_path / "project").mkdir()
    (tmp_path / "project" / "sub.py").write_text(SUBPROCESS)
    child = run(tmp_path, CHILDREN, clock_offset=41 * DAY, clock_rate=7.0)
    moments = printed(child)
    for earlier, later in itertools.pairwise(moments):
        assert earlier[0] <= later[0]
        assert earlier[1] <= later[1]
    assert moments[0][0] - time.time() > 40 * DAY
    again = run(tmp_path, CHILDREN, replays=["clock"], recording=record(child))
    # Which of loky's workers is given a task is chance.
    assert [moment for index, moment in enumerate(printed(again)) if index != 3] == [*moments[:3], *moments[4:]]
    names = {path.name for path in Path(record(child)).iterdir()}
    assert {name for name in names if not name.startswith("LokyProcess-")} == {
        "main-1.jsonl",
        "ForkPoolWorker-1-1.jsonl",
        "SpawnPoolWorker-2-1.jsonl",
        "program-sub.py-1.jsonl",
    }


def test_a_notebooks_cells_read_the_moved_clock_and_its_kernel_does_not(tmp_path: Path) -> None:
    """A kernel whose user is 401 days ahead answers as ever; functions defined in cells are user code too."""
    cells = [
        "import time, datetime\ndef read():\n    return time.time()",
        "first = read()\ntime.sleep(0.05)\nprint(read() - first)",
        "print(datetime.datetime.now().timestamp() - first)\nprint(first)",
    ]
    began = time.monotonic()
    child, notebook = run_notebook(
        tmp_path / "project", cells, conditions=conditions(clock_offset=401 * DAY, clock_rate=7.0)
    )
    texts = [output["text"].split() for cell in notebook.cells[1:] for output in cell.outputs]
    assert 0.35 <= float(texts[0][0]) < 7 * (time.monotonic() - began)
    assert float(texts[1][1]) - time.time() > 400 * DAY
    assert [place for _, place in events(child, "clock")] == ["nb.ipynb cell[0]:3", "nb.ipynb cell[2]:1"]


UNCHANGED = """
import copy, datetime, inspect, pickle, time, traceback, warnings
from datetime import datetime as kind
print(time.time, pickle.dumps(time.time), copy.deepcopy(time.time) is time.time, time.time.__doc__ is not None)
print(type(kind.now()), kind.now.__name__, kind.now.__qualname__, isinstance(kind.now(), datetime.datetime))
print(pickle.loads(pickle.dumps(kind.timestamp)) is kind.timestamp, kind.fromtimestamp(0, datetime.timezone.utc))
print(inspect.signature(id), inspect.signature(hash))
print(kind(2020, 1, 1, tzinfo=datetime.timezone.utc).timestamp(), kind(2020, 7, 1).astimezone(datetime.timezone.utc))
def wrong(function, *args):
    try:
        function(*args)
    except Exception as error:
        print(type(error), error, [frame.name for frame in traceback.extract_tb(error.__traceback__)])
wrong(time.time, 1)
wrong(kind.now, "x")
wrong(kind.now, 1, 2)
wrong(kind.utcnow, 1)
wrong(kind.fromtimestamp, "x")
wrong(kind.timestamp, 5)
wrong(time.localtime, "x")
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    kind.utcnow()
print([(str(warning.message), warning.filename[-8:], warning.lineno) for warning in caught])
"""


def test_nothing_else_shows(tmp_path: Path) -> None:
    """Pickles, names, types, error texts, tracebacks and warnings are plain Python's."""
    child = run(tmp_path, UNCHANGED)
    assert (child.code, child.stdout, child.stderr) == run_plain(tmp_path / "project")


def test_real_clocks_come_back_where_the_user_sets_the_clock(tmp_path: Path) -> None:
    """time-machine works on functions of C's: it finds them, and the report says who sets the clock."""
    source = """
import datetime, time
import time_machine
with time_machine.travel(datetime.datetime(2020, 2, 3, 4, tzinfo=datetime.timezone.utc), tick=False):
    print(time.time(), datetime.datetime.now(datetime.timezone.utc).isoformat(), datetime.date.today())
"""
    child = run(tmp_path, source, clock_offset=41 * DAY)
    assert child.stdout == "1580702400.0 2020-02-03T04:00:00+00:00 2020-02-03\n"
    assert facts(child)["clock problem"] == "time-machine sets the clock in this program"


def test_a_setting_that_changes_nothing_is_measured_as_such(tmp_path: Path) -> None:
    """Facts of two runs with the same conditions are equal; without conditions nothing is patched or said."""
    first, second = facts(run(tmp_path, "")), facts(run(tmp_path, ""))
    for factor in ("clock", "cpus", "timezone", "locale", "threads", "simd"):
        assert first[factor] == second[factor]
    assert first["clock"] == "+0 min, rate 1"


def test_polling_the_clock_stays_bounded(tmp_path: Path) -> None:
    """A loop that reads without end leaves a recording of limited size, and says so."""
    source = "import time\nfor _ in range(200_010):\n    last = time.time()\nprint(last)\n"
    child = run_script(tmp_path / "project", source, conditions=conditions())
    assert [item.what for item in child.not_compared] == ["reads of clock"]
    lines = Path(record(child), "main-1.jsonl").read_text().splitlines()
    assert len(lines) == 200_000
    assert json.loads(lines[-1])[:2] == ["clock", "time train.py:3"]

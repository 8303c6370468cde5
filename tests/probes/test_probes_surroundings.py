"""Process id, processors, time zone, locale, addresses and kernels: what user code is told, and what is measured."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
from pathlib import Path

import pytest

from .children import run_plain, run_script
from .circumstances import conditions, events, facts, printed, record, run

PIDS = """
import json, os, signal, sys
import psutil
heard = []
signal.signal(signal.SIGUSR1, lambda *_: heard.append(1))
pid = os.getpid()
os.kill(os.getpid(), signal.SIGUSR1)
os.kill(pid, 0)
out = {"pid": pid, "parent": os.getppid(), "heard": heard, "group": os.getpgid(pid) == os.getpgid(0),
       "session": os.getsid(pid) == os.getsid(0), "cpus": os.sched_getaffinity(pid) == os.sched_getaffinity(0),
       "exists": psutil.pid_exists(pid), "memory": psutil.Process(pid).memory_info().rss > 0}
child = os.fork()
if child == 0:
    try:
        os.kill(os.getppid(), 0)
        print(os.getpid() == pid, flush=True)
    finally:
        os._exit(0)
out["waited"] = os.waitpid(child, 0) == (child, 0)
print(json.dumps(out), file=sys.stderr)
"""


def test_a_replay_gives_user_code_the_recorded_process_id_and_takes_it_back(tmp_path: Path) -> None:
    """Signals, groups, affinities and psutil get the real process where user code passes the recorded id."""
    first = run_script(tmp_path / "project", PIDS, conditions=conditions())
    again = run_script(tmp_path / "project", PIDS, conditions=conditions(replays=["pid"]), recording=record(first))
    assert (first.code, first.stdout) == (again.code, again.stdout) == (0, "False\n")
    assert first.stderr == again.stderr
    assert '"heard": [1], "group": true, "session": true, "cpus": true, "exists": true, "memory": true' in first.stderr
    assert events(first, "pid")[:2] == [("os.getpid", "train.py:6"), ("os.getpid", "train.py:7")]
    assert facts(first)["pid"] != facts(again)["pid"]
    assert first.not_compared == again.not_compared == []


@pytest.mark.parametrize(
    "use",
    [
        'open(f"/proc/{os.getpid()}/status").close()',
        'Path(f"/proc/{pid}/stat").read_text()',
        'os.listdir(f"/proc/{pid}")',
        'subprocess.run(["ps", "-p", str(pid)], stdout=subprocess.DEVNULL)',
        'os.system(f"kill -0 {pid}")',
    ],
)
def test_a_process_id_that_is_looked_up_is_not_replaced(tmp_path: Path, use: str) -> None:
    """Where the recorded run hands its number to the system, replays keep their own, and say so."""
    source = f"import os, subprocess\nfrom pathlib import Path\npid = os.getpid()\nprint(pid)\n{use}\n"
    first = run(tmp_path, source)
    again = run(tmp_path, source, replays=["pid"], recording=record(first))
    assert again.stdout != first.stdout
    assert facts(again)["pid problem"].startswith("user code looks the process up")


def test_a_process_id_in_a_name_is_replaced(tmp_path: Path) -> None:
    """A file named after the process, also in a command's arguments, is no reason to keep the real number."""
    source = """
import os, subprocess, sys
name = f"part-{os.getpid()}.csv"
open(name, "w").close()
subprocess.run([sys.executable, "-c", "pass", name], check=True)
print(name)
"""
    first = run(tmp_path, source)
    assert run(tmp_path, source, replays=["pid"], recording=record(first)).stdout == first.stdout


def test_libraries_see_real_processes(tmp_path: Path) -> None:
    """Pools, loky, log records and psutil's own process work in a replay as ever, and cause no event."""
    source = """
import logging, multiprocessing, os, tempfile
import psutil
from joblib import Parallel, delayed
if __name__ == "__main__":
    given = os.getpid()
    real = int(os.readlink("/proc/self"))
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        assert pool.map(abs, [-1, 2]) == [1, 2]
    assert Parallel(2, backend="loky")(delayed(abs)(i) for i in range(4)) == [0, 1, 2, 3]
    assert logging.LogRecord("n", 10, "f", 1, "m", (), None).process == real
    assert psutil.Process().pid == multiprocessing.current_process().pid == real
    tempfile.NamedTemporaryFile().close()
    print(given == real)
"""
    first = run(tmp_path, source)
    assert first.stdout == "True\n"
    assert events(first, "pid") == [("os.getpid", "train.py:6")]
    assert run(tmp_path, source, replays=["pid"], recording=record(first)).stdout == "False\n"


COUNTS = """
import concurrent.futures, json, multiprocessing, os
import joblib, psutil
from os import cpu_count
from joblib.externals.loky import cpu_count as loky_count
out = {
    "os.cpu_count": os.cpu_count(),
    "imported": cpu_count(),
    "os.sched_getaffinity": len(os.sched_getaffinity(0)),
    "os.sysconf": os.sysconf("SC_NPROCESSORS_ONLN"),
    "multiprocessing": multiprocessing.cpu_count(),
    "psutil.cpu_count": psutil.cpu_count(),
    "joblib.cpu_count": joblib.cpu_count(),
    "loky.cpu_count": loky_count(),
}
if hasattr(os, "process_cpu_count"):
    out["os.process_cpu_count"] = os.process_cpu_count()
from sklearn.utils.parallel import Parallel
print(json.dumps([out, joblib.effective_n_jobs(-1), concurrent.futures.ThreadPoolExecutor()._max_workers]))
"""


@pytest.mark.parametrize("count", [0, 1, 3, 64])
def test_user_code_is_told_another_count_of_processors(tmp_path: Path, count: int) -> None:
    """Every way of asking gives that count; libraries take the real one."""
    child = run(tmp_path, COUNTS, cpus=count)
    counts, jobs, workers = printed(child)
    real = os.cpu_count() or 1
    available = len(os.sched_getaffinity(0))
    assert {name: number for name, number in counts.items() if number != (count or real)} == {}
    assert (jobs, workers) == (available, min(32, real + 4))
    assert facts(child)["cpus"] == str(count or real)
    asked = {what for what, _ in events(child, "cpus")}
    assert asked == {"os.cpu_count", "os.sched_getaffinity", "os.sysconf", "psutil.cpu_count", "joblib.cpu_count",
                     "loky.cpu_count"} | ({"os.process_cpu_count"} & counts.keys())  # fmt: skip
    assert ("os.cpu_count", "train.py:11") in events(child, "cpus")  # by multiprocessing.cpu_count()


LOCAL = """
import json, locale, time
from datetime import datetime, timezone
print(time.strftime("%H", time.localtime(0)), datetime.fromtimestamp(0).hour, datetime(1970, 1, 2).timestamp())
locale.setlocale(locale.LC_ALL, "")
print(locale.format_string("%.1f", 1.5), sorted(["b", "A", "a", "B"], key=locale.strxfrm), end=" ")
print(locale.localeconv()["decimal_point"], datetime(2020, 1, 1, tzinfo=timezone.utc).timestamp())
"""


def test_time_zone_and_locale_are_measured_and_change_nothing_of_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The child's zone and locale reach user code; the log and the process's own locale are as without them."""
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    monkeypatch.setenv("LC_ALL", "de_DE.utf8")
    child = run(tmp_path, LOCAL)
    assert child.stdout == "09 9 54000.0\n1,5 ['a', 'A', 'b', 'B'] , 1577836800.0\n"
    assert (child.code, child.stdout, child.stderr) == run_plain(tmp_path / "project")
    said = facts(child)
    assert (said["timezone"], said["locale"]) == ("JST+0900 JST+0900", "de_DE.utf8")
    assert {what for what, _ in events(child, "locale")} == {
        "locale.setlocale",
        "locale.format_string",
        "locale.strxfrm",
        "locale.localeconv",
    }
    assert {what for what, _ in events(child, "timezone")} == {
        "time.localtime",
        "datetime.datetime.fromtimestamp",
        "datetime.datetime.timestamp",
    }
    untouched = run(tmp_path, "import _locale\nprint(_locale.setlocale(_locale.LC_NUMERIC, None), f'{1.5:n}')\n")
    assert untouched.stdout == "C 1.5\n"


def test_a_locale_that_is_not_installed_is_a_problem(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A silent no-op would be a false pass."""
    monkeypatch.setenv("LC_ALL", "tlh_QO.utf8")
    said = facts(run(tmp_path, ""))
    assert said["locale problem"] == "unsupported locale setting"
    assert "locale" not in said


ADDRESSES = """
import copy, json, pickle, sys
class Plain:
    pass
kept = [Plain(), [], {}, "text", 5, Plain()]
out = [[id(one) for one in kept], [id(one) for one in kept], hash(kept[0]), hash("text") == hash("text"), id(Plain())]
assert copy.deepcopy(kept)[3] == "text" and pickle.loads(pickle.dumps(kept[1:5])) == kept[1:5]
import weakref
gone = weakref.ref(kept[0]); id(kept[0]); kept.pop(0)
assert gone() is None
print(json.dumps(out))
"""


def test_addresses_are_events_and_can_be_pinned(tmp_path: Path) -> None:
    """Numbers come in the order of asking, are the object's for its life, and do not keep it alive."""
    first, second = (run(tmp_path, ADDRESSES, pinned=True) for _ in range(2))
    assert first.stdout == second.stdout
    numbers, again, hashed, same, other = printed(first)
    assert numbers == again
    assert [later - earlier for earlier, later in itertools.pairwise(numbers)] == [48] * 5
    assert (hashed, same, other) == (numbers[0] >> 4, True, numbers[-1] + 48)
    free = run(tmp_path, ADDRESSES)
    assert printed(free)[0] != numbers
    assert [what for what, _ in events(free, "address")][:2] == ["id", "hash"]


def test_an_address_that_is_followed_is_real(tmp_path: Path) -> None:
    """``ctypes`` casts what ``id()`` gives: another number would crash the program."""
    source = "import ctypes\nkept = ['here']\nprint(ctypes.cast(id(kept), ctypes.py_object).value)\n"
    assert run(tmp_path, source, pinned=True).stdout == "['here']\n"


KERNELS = """
import numpy as np
np.linalg.inv(np.eye(3))
"""


def test_libraries_say_which_kernels_and_threads_they_have(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """At the end of a run the loaded libraries are asked; before, the environment."""
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        monkeypatch.setenv(name, "1")
    monkeypatch.setenv("OPENBLAS_CORETYPE", "Nehalem")
    child = run_script(tmp_path / "project", "", conditions=conditions())
    assert [line["facts"]["threads"] for line in child.of_type("facts") if "threads" in line["facts"]] == ["1"]
    said = facts(run(tmp_path, KERNELS))
    assert "openblas" in said["threads"]
    assert said["threads"].endswith(" 1")
    assert "numpy" in said["simd"]
    monkeypatch.setenv("NPY_DISABLE_CPU_FEATURES", "X86_V3")
    source = "import warnings\nwarnings.simplefilter('ignore')\n" + KERNELS
    assert facts(run(tmp_path, source))["simd"] != said["simd"] or "X86_V3" not in said["simd"]


RESTORED = """
import builtins, datetime, locale, os, time
import _reprocheck_probes
def check():
    before = [time.time, os.getpid, builtins.id]
    now = datetime.datetime.now
    _reprocheck_probes.started.probe.stop()
    after = [time.time, os.getpid, builtins.id]
    others = [time.strftime, os.cpu_count, os.sched_getaffinity, hash, datetime.datetime.now, locale.strxfrm]
    print({type(one).__mro__[1].__name__ for one in after + others}, [one for one in before if one in after])
    print(*(abs(read - time.time()) < 3600 for read in (before[0](), now().timestamp())), before[1]() == os.getpid())
check()
"""


def test_everything_is_put_back(tmp_path: Path) -> None:
    """After the probes were taken out the functions are the plain ones, and names bound before give plain values."""
    child = run(tmp_path, RESTORED, clock_offset=86_400)
    assert child.stdout == "{'object'} []\nTrue True True\n"


def test_the_start_stays_quick() -> None:
    """No module is loaded for the circumstances that a program does not ask for."""
    source = "import sys; print(sorted({'ctypes', 'datetime', 'locale', 'weakref', 'psutil'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-I", "-S", "-c", source], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"

"""Runs that are forked do what runs in new interpreters do."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pytest_reprocheck.core.conditions import baseline
from pytest_reprocheck.core.subjects import Subject
from pytest_reprocheck.core.trace import Observation, Trace
from pytest_reprocheck.execution.engine import FRESH, Engine, zygotes
from pytest_reprocheck.execution.limits import Limits
from pytest_reprocheck.execution.running import runner
from pytest_reprocheck.execution.workspace import Workspace
from tests.execution.helpers import outputs, write, write_notebook

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="processes are forked on Linux alone")

MODULES = ("numpy", "pandas", "sklearn.linear_model", "sklearn.ensemble", "matplotlib.pyplot", "joblib")

LOADED = """
    import sys
    print(sorted(sys.modules))
"""
DRAWS = """
    import random, os, uuid, tempfile
    import numpy as np
    from sklearn.linear_model import SGDClassifier
    import pandas as pd
    random.seed(3)  # while they are imported, libraries draw from the hidden generator
    print(random.random(), np.random.rand(2), uuid.uuid4(), np.random.default_rng().random())
    X = np.arange(40.0).reshape(20, 2)
    model = SGDClassifier().fit(X, np.arange(20) % 2)
    print(model.coef_, model.predict(X))
    print(os.listdir("."), pd.DataFrame({"a": [1, 2]}).describe())
    with tempfile.TemporaryFile() as file:
        file.write(b"x")
"""
WARNINGS = """
    import warnings, os
    warnings.simplefilter("ignore")
    import sklearn, pandas, matplotlib
    print([(f[0], str(f[1]), f[2].__name__, str(f[3])) for f in warnings.filters])
    print({name: os.environ[name] for name in sorted(os.environ) if name.startswith(("KMP", "OMP", "MPL"))})
    print(matplotlib.get_backend(), hasattr(sklearn, "ensemble"), hasattr(matplotlib, "pyplot"))
    import sklearn.ensemble
    print(hasattr(sklearn, "ensemble"), sklearn.ensemble.__spec__.name, sklearn.ensemble.__loader__ is not None)
"""
PARALLEL = """
    import multiprocessing, subprocess, sys
    from concurrent.futures import ProcessPoolExecutor
    from joblib import Parallel, delayed

    def square(x):
        return x * x

    if __name__ == "__main__":
        for method in ("fork", "spawn", "forkserver"):
            with multiprocessing.get_context(method).Pool(1) as pool:
                print(method, pool.map(square, range(3)))
        with ProcessPoolExecutor(1) as pool:
            print(list(pool.map(square, range(3))))
        print(Parallel(n_jobs=2)(delayed(square)(x) for x in range(3)))
        print(subprocess.run([sys.executable, "-c", "import random; print(7)"], capture_output=True, text=True).stdout)
"""
BLAS = """
    import numpy as np
    from sklearn.ensemble import HistGradientBoostingRegressor
    a = np.arange(40_000.0).reshape(200, 200)
    print((a @ a).sum(), np.linalg.svd(a)[1][:2])
    print(HistGradientBoostingRegressor(max_iter=3).fit(a, a[:, 0]).predict(a)[:2])
"""
ENDS = """
    import atexit, sys, weakref
    class Late:
        def __del__(self):
            print("deleted")
    late = Late()
    kept = open("left.txt", "w")
    kept.write("written")
    atexit.register(print, "at exit")
    weakref.finalize(kept, print, "finalised")
    sys.stdout.write("no newline")
    sys.exit(7)
"""
RAISES = """
    def f():
        raise ValueError("no")
    try:
        f()
    except ValueError as error:
        import traceback
        traceback.print_exc()
    f()
"""
PLACE = """
    import inspect, os, signal, sys, threading, pickle
    class Point: pass
    print(sys.argv, sys.path[0], sys.flags, __name__, __spec__, sys.executable, sys.orig_argv)
    print(pickle.loads(pickle.dumps(Point())).__class__.__module__, sys.stdout.encoding, sys.stdout.errors)
    print(os.getsid(0) == os.getpid(), threading.active_count(), threading.current_thread().name)
    print([signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM, signal.SIGCHLD, signal.SIGPIPE)])
    print(signal.pthread_sigmask(0, []), sorted(os.listdir("/proc/self/fd"))[:3], os.isatty(0), sys.stdin.read())
    print(sorted(k for k in os.environ if not k.startswith("PYTEST")), [type(f).__name__ for f in sys.meta_path])
"""


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    """Zygotes that have imported all that the tests need."""
    with zygotes(modules=MODULES) as found:
        yield found
        assert found.problems == ()


def run(subject: Subject, engine: Engine, **limits: Any) -> Trace:
    """One run under conditions A."""
    with runner(subject, limits=Limits(run=240, **limits), engine=engine) as executor:
        (trace,) = executor.run([baseline(subject.name, threads=1)])
    return trace


def told(item: Observation, trace: Trace) -> str:
    """An observation without what varies by itself.

    Left out are positions in the log, which count what imports do; the run's folder, and the number of the process that
    ipykernel puts into the names of cells' files; and digests of texts that have one of these in them.
    """
    home = str(Path(trace.facts["root"]).parents[1])
    own = re.compile(rf"{re.escape(home)}|ipykernel_\d+")
    text = re.sub(r"\bseq=\d+", "", repr(item))
    return own.sub("", re.sub(r"digest='\w+'", "", text)) if own.search(text) else text


def essence(trace: Trace) -> object:
    """What must not depend on how the run was started."""
    # Of the libraries that are loaded, and hidden, a forked process knows the threads and instructions too.
    differing = ("start", "pid", "scratch", "root", "threads", "simd")
    facts = {name: text for name, text in trace.facts.items() if name not in differing}
    # importlib.metadata lists the path once and keeps it: in a new interpreter often while something is imported.
    scanned = {".", *sys.path}
    others = [access for access in trace.accesses if access.path not in scanned]
    accesses = sorted({(access.path, access.kind, access.step) for access in others})
    events = [replace(event, seq=0) for event in trace.events]
    observations = [told(item, trace) for item in trace.observations]
    said = (trace.outcome, events, observations, accesses, trace.reached, trace.written, trace.not_compared)
    home = str(Path(trace.facts["root"]).parents[1])
    return repr((said, sorted(facts.items()))).replace(home, "")


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(LOADED, id="loaded"),
        pytest.param(LOADED.replace("import sys", "import sys, pandas, sklearn.linear_model"), id="loaded later"),
        pytest.param(DRAWS, id="draws"),
        pytest.param(WARNINGS, id="warnings"),
        pytest.param(PARALLEL, id="processes"),
        pytest.param(BLAS, id="threads"),
        pytest.param(ENDS, id="end"),
        pytest.param(RAISES, id="raises"),
        pytest.param(PLACE, id="place"),
    ],
)
def test_scripts_do_the_same(tmp_path: Path, engine: Engine, text: str) -> None:
    """Everything in the trace is equal, whatever the script looks at."""
    write(tmp_path, {"train.py": text})
    subject = Subject(root=tmp_path, path="train.py", kind="script")
    fresh, forked = run(subject, FRESH), run(subject, engine)
    assert (fresh.facts["start"], forked.facts["start"]) == ("fresh", "forked")
    assert essence(forked) == essence(fresh)
    assert fresh.observations


CELLS = (
    "import sys\nprint(sorted(sys.modules))",
    "import warnings\nwarnings.warn('own')\nprint(len(warnings.filters))",
    (
        "import numpy as np, pandas as pd, random, threading\nimport matplotlib.pyplot as plt\n"
        "print(np.random.rand(), random.random())"
    ),
    "print(sorted(sys.modules), sorted(thread.name for thread in threading.enumerate()))",
    "print([(f[0], str(f[1]), f[2].__name__, str(f[3])) for f in warnings.filters])",
    "plt.plot([1, 2])\nplt.show()\nprint(plt.get_backend())",
    "plt.hist(np.random.rand(50))",
    "frame = pd.DataFrame({'a': [1, 2], 'b': ['x', 'y']})\nframe",
    (
        "from sklearn.ensemble import RandomForestClassifier\n"
        "from sklearn.model_selection import cross_val_score, train_test_split\n"
        "X, y = np.arange(80.0).reshape(40, 2), np.arange(40) % 2\nparts = train_test_split(X, y)\n"
        "model = RandomForestClassifier(n_estimators=3).fit(parts[0], parts[2])\nmodel.predict(parts[1])"
    ),
    "cross_val_score(model, X, y, cv=2)",
    "model",
    "np.array([1.0]) / 0",
    "frame.to_csv('out.csv')\npd.read_csv('out.csv').sum()",
    "import logging\nlogging.getLogger('x').warning('logged')\nprint('err', file=sys.stderr)",
    "import uuid, os\nprint(uuid.uuid4(), len(os.listdir('.')), set('abc'), hash('a'))",
    "!echo printed",
    "%who_ls",
    "from IPython.display import HTML, display\ndisplay(HTML('<b>x</b>'), frame)",
    "import asyncio\nawait asyncio.sleep(0)\nprint(sorted(k for k in os.environ if not k.startswith('PYTEST')))",
    (
        "import traceback\ndef f():\n    raise ValueError('deep')\ntry:\n    f()\n"
        "except ValueError:\n    traceback.print_exc()"
    ),
    "print(__name__, sys.path[0], [type(f).__name__ for f in sys.meta_path])",
    (
        "from concurrent.futures import ThreadPoolExecutor\n"
        "with ThreadPoolExecutor(2) as pool:\n    print(list(pool.map(abs, [-1, 2])))"
    ),
    "f()",
)


def test_notebooks_do_the_same(tmp_path: Path, engine: Engine) -> None:
    """Everything in the trace is equal: modules, draws, figures, frames, fits, warnings and errors of many cells."""
    write_notebook(tmp_path / "nb.ipynb", *CELLS)
    subject = Subject(root=tmp_path, path="nb.ipynb", kind="notebook")
    fresh, forked = run(subject, FRESH), run(subject, engine)
    assert (fresh.facts["start"], forked.facts["start"]) == ("fresh", "forked")
    assert len(fresh.observations) > 30
    for one, other in zip(fresh.observations, forked.observations, strict=True):
        assert told(other, forked) == told(one, fresh)
    assert essence(forked) == essence(fresh)
    assert "'numpy'" not in outputs(forked).partition("]")[0]
    assert fresh.outcome.message == "ValueError: deep"


@pytest.mark.parametrize("name", ["numpy.py", "matplotlibrc"])
def test_what_comes_before_installed_modules_is_imported(tmp_path: Path, engine: Engine, name: str) -> None:
    """A file of the user's that takes a library's place, or that a library reads when it is imported."""
    write(
        tmp_path,
        {"train.py": "import numpy\nprint(getattr(numpy, 'own', None))", name: "own = 1\n" * (name[-2:] == "py")},
    )
    trace = run(Subject(root=tmp_path, path="train.py", kind="script"), engine)
    assert trace.facts["start"] == "fresh"
    assert outputs(trace) == ("1\n" if name == "numpy.py" else "None\n")


def test_every_death_is_told(tmp_path: Path, engine: Engine) -> None:
    """Crashes, exits and endless loops end as they do in a new interpreter."""
    crash, endless = "import ctypes\nctypes.string_at(0)", "while True: pass"
    for text in (crash, "import os\nos._exit(3)", "raise KeyboardInterrupt"):
        write(tmp_path, {"train.py": text})
        subject = Subject(root=tmp_path, path="train.py", kind="script")
        fresh, forked = run(subject, FRESH), run(subject, engine)
        assert (forked.outcome, forked.facts["start"]) == (fresh.outcome, "forked")
    write(tmp_path, {"train.py": endless})
    with runner(subject, limits=Limits(run=3), engine=engine) as executor:
        (trace,) = executor.run([baseline(subject.name, threads=1)])
    assert trace.outcome.status == "timeout"


def test_nothing_is_left_when_a_zygote_dies(tmp_path: Path) -> None:
    """Its runs are started anew from then on, and that is said once."""
    write(tmp_path, {"train.py": "print(1)"})
    subject = Subject(root=tmp_path, path="train.py", kind="script")
    with zygotes() as engine:
        assert run(subject, engine).facts["start"] == "forked"
        assert engine.zygotes is not None
        (server,) = engine.zygotes.pids()
        os.kill(server, signal.SIGKILL)
        os.waitid(os.P_PID, server, os.WEXITED | os.WNOWAIT)
        assert [run(subject, engine).facts["start"] for _ in range(2)] == ["fresh", "fresh"]
        assert len(engine.problems) == 1


@pytest.mark.parametrize(
    ("text", "limits", "settings"),
    [
        pytest.param("bytearray(1 << 40)", {"memory": 4 << 30}, {}, id="memory"),
        pytest.param("import time\nprint(__name__, time.tzname)", {}, {"module": "train"}, id="module"),
        pytest.param("print(1)", {}, {"cwd": "sub", "args": ("--fast",)}, id="folder"),
    ],
)
def test_circumstances_are_the_same(
    tmp_path: Path, engine: Engine, text: str, limits: dict[str, Any], settings: dict[str, Any]
) -> None:
    """Limits, ``-m`` and the working folder, without a network and in another zone and language."""
    write(tmp_path, {"train.py": f"import os, sys\nprint(sys.argv, os.getcwd())\n{text}", "sub/own.txt": ""})
    subject = Subject(root=tmp_path, path="train.py", kind="script", **settings)
    asked = replace(baseline(subject.name, threads=1), timezone="Asia/Tokyo", locale="C", network="off")
    traces = []
    for each in (FRESH, engine, engine):  # what differs from the others is forked when it is asked for again
        with runner(subject, limits=Limits(run=240, **limits), engine=each) as executor:
            traces += executor.run([asked])
    fresh, _, forked = traces
    assert forked.facts["start"] == "forked"
    assert (forked.outcome, outputs(forked).splitlines()[1:]) == (fresh.outcome, outputs(fresh).splitlines()[1:])


def test_a_cell_that_takes_too_long_is_ended(tmp_path: Path, engine: Engine) -> None:
    """And the cells before it have been observed."""
    write_notebook(tmp_path / "nb.ipynb", "print(1)", "while True: pass")
    subject = Subject(root=tmp_path, path="nb.ipynb", kind="notebook")
    fresh, forked = (run(subject, each, cell=2) for each in (FRESH, engine))
    assert forked.facts["start"] == "forked"
    assert (forked.outcome.status, outputs(forked)) == (fresh.outcome.status, outputs(fresh)) == ("timeout", "1\n")


def test_runs_in_place_are_forked_too(tmp_path: Path, engine: Engine) -> None:
    """They see and change the user's own files."""
    write(tmp_path, {"train.py": "import os\nprint(os.listdir())\nopen('left.txt', 'a').write('x')"})
    subject = Subject(root=tmp_path, path="train.py", kind="script")
    asked = baseline(subject.name, threads=1)
    with runner(
        subject, limits=Limits(run=240), workspace=lambda: Workspace(mode="in-place"), engine=engine
    ) as executor:
        traces = executor.run([asked, asked])
    assert [trace.facts["start"] for trace in traces] == ["forked", "forked"]
    assert [trace.written for trace in traces] == [("left.txt",), ("left.txt",)]
    assert (tmp_path / "left.txt").read_text(encoding="utf-8") == "xx"


def test_what_is_forked_has_one_thread(tmp_path: Path, engine: Engine) -> None:
    """Pools of libraries have ended by then; an allocator's own thread knows of forks."""
    write(tmp_path, {"train.py": "import numpy, os\nprint(len(os.listdir('/proc/self/task')))"})
    forked = run(Subject(root=tmp_path, path="train.py", kind="script"), engine)
    assert (forked.facts["start"], outputs(forked)) == ("forked", "1\n")
    assert engine.zygotes is not None
    names = [
        file.read_text(encoding="utf-8").strip()
        for pid in engine.zygotes.pids()
        for file in Path(f"/proc/{pid}/task").glob("*/comm")
        if file.parent.name != str(pid)
    ]
    assert set(names) <= {"jemalloc_bg_thd"}


OTHER_PYTHONS = [
    *(path for name in ("python3.12", "python3.13") if (path := shutil.which(name)) is not None),
    *map(str, sorted(Path("~/.pyenv/versions").expanduser().glob("3.1[23]*/bin/python"))),
]


@pytest.mark.parametrize("python", OTHER_PYTHONS)
def test_other_versions_of_python_fork_as_well(tmp_path: Path, python: str) -> None:
    """Without a warning, also where each would be an error."""
    asking = [python, "-c", "import sys; print(sys.executable)"]
    asked = subprocess.run(asking, capture_output=True, text=True, check=False)
    if asked.returncode:
        pytest.skip(f"{python} does not run")
    executable = asked.stdout.strip()
    text = "import json, random, sys\nprint(sys.version, random.random(), sys.warnoptions, sorted(sys.modules))"
    write(tmp_path, {"train.py": text})
    settings: dict[str, Any] = {"python": executable, "env": {"PYTHONWARNINGS": "error"}}
    subject = Subject(root=tmp_path, path="train.py", kind="script", **settings)
    with zygotes(python=executable) as engine:
        fresh, forked = run(subject, FRESH), run(subject, engine)
        assert engine.problems == ()
    assert forked.facts["start"] == "forked"
    assert (forked.outcome, outputs(forked)) == (fresh.outcome, outputs(fresh))

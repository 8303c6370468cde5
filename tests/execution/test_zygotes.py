"""Runs that are forked do what runs in new interpreters do."""

from __future__ import annotations

import os
import re
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pytest_reprocheck.core.conditions import baseline
from pytest_reprocheck.core.subjects import Subject
from pytest_reprocheck.core.trace import Trace
from pytest_reprocheck.execution.engine import FRESH, Engine, zygotes
from pytest_reprocheck.execution.limits import Limits
from pytest_reprocheck.execution.running import runner
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


def essence(trace: Trace) -> object:
    """What must not depend on how the run was started, with the names of its folders taken out."""
    home = str(Path(trace.facts["root"]).parents[1])
    # Of the libraries that are loaded, and hidden, a forked process knows the threads and instructions too.
    differing = ("start", "pid", "scratch", "root", "threads", "simd")
    facts = {name: text for name, text in trace.facts.items() if name not in differing}
    # importlib.metadata lists the path once and keeps it: in a new interpreter often while something is imported.
    accesses = sorted({(access.path, access.kind) for access in trace.accesses} - {(".", "listed")})
    said = (trace.outcome, trace.events, trace.observations, accesses, trace.reached, trace.written)
    text = repr((said, sorted(facts.items()), trace.not_compared)).replace(home, "")
    text = re.sub(r"\bseq=\d+", "", text)
    return re.sub(r"digest='\w+'", "", text) if home in str(trace.observations) else text


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


def test_notebooks_do_the_same(tmp_path: Path, engine: Engine) -> None:
    """A kernel begins without what was imported in advance, runs all kinds of cells, and ends with the same error."""
    write_notebook(
        tmp_path / "nb.ipynb",
        "import sys\nprint(sorted(sys.modules))",
        "import numpy as np, pandas as pd, threading\nimport matplotlib.pyplot as plt\nprint(np.random.rand())",
        "print(sorted(sys.modules), sorted(thread.name for thread in threading.enumerate()))",
        "plt.plot([1, 2])\nplt.show()\nprint(plt.get_backend())",
        "pd.DataFrame({'a': [1, 2]})",
        "!echo printed",
        "import asyncio\nawait asyncio.sleep(0)\n1 / 0",
    )
    subject = Subject(root=tmp_path, path="nb.ipynb", kind="notebook")
    fresh, forked = run(subject, FRESH), run(subject, engine)
    assert (fresh.facts["start"], forked.facts["start"]) == ("fresh", "forked")
    assert forked.outcome == fresh.outcome
    assert [(item.step, item.what) for item in forked.observations] == [
        (item.step, item.what) for item in fresh.observations
    ]
    assert "'numpy'" not in outputs(forked).partition("]")[0]
    assert fresh.outcome.message == "ZeroDivisionError: division by zero"


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

"""Unseeded draws come from recorded streams and are logged at the user's line; seeded ones are left as they are."""

from __future__ import annotations

import json
from importlib.metadata import version
from pathlib import Path
from typing import Any

from .children import run_notebook, run_plain, run_script

SEEDED = """
import copy, json, multiprocessing, pickle, random, tempfile
import numpy as np
from sklearn.cluster import KMeans
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import KFold, cross_val_score, train_test_split
from sklearn.neural_network import MLPClassifier

def make(seed=0, **options):
    return np.random.RandomState(seed)

def both(i):
    return float(np.random.rand()), float(np.random.default_rng(i).random()), random.Random(i).random()

if __name__ == "__main__":
    out = []
    random.seed(5)
    out.append([random.random(), random.gauss(0, 1), random.sample(range(9), 3), random.getrandbits(70)])
    out.append([random.randbytes(3).hex(), random.choice("abc")])
    state = random.getstate()
    values = list(range(9)); random.shuffle(values)
    random.setstate(state); again = list(range(9)); random.shuffle(again)
    out.append([values, again, random.Random(3).random(), random.Random("x").random()])
    out.append([copy.deepcopy(random.Random(3)).random(), pickle.loads(pickle.dumps(random.Random(3))).random()])
    np.random.seed(0)
    out.append([np.random.rand(2).tolist(), np.random.permutation(5).tolist(), np.random.mtrand._rand.randint(9)])
    kept = np.random.get_state()
    out.append(np.random.normal(size=2).tolist())
    np.random.set_state(kept)
    out.append(np.random.normal(size=2).tolist())
    seed, options = 3, {"seed": 4}
    generators = [np.random.RandomState(0), np.random.RandomState(seed), np.random.RandomState(seed=seed),
                  np.random.RandomState(options["seed"]), make(), make(2), np.random.RandomState(seed + 1),
                  np.random.default_rng(0), np.random.default_rng([1, 2]),
                  np.random.Generator(np.random.PCG64(np.random.SeedSequence(5))),
                  copy.deepcopy(np.random.RandomState(7)), pickle.loads(pickle.dumps(np.random.default_rng(8)))]
    out.append([float(one.normal()) for one in generators])
    X = np.arange(120.0).reshape(60, 2) % 7
    y = (X[:, 0] + X[:, 1] > 6).astype(int)
    for model in (RandomForestClassifier(5), RandomForestClassifier(5, random_state=0), KMeans(2, n_init=1),
                  MLPClassifier(3, max_iter=2), LogisticRegression()):
        fitted = pickle.loads(pickle.dumps(model.fit(X, y)))
        out.append(np.asarray(getattr(fitted, "predict_proba", fitted.predict)(X)).sum(axis=0).tolist())
    out.append(train_test_split(y, test_size=4)[1].tolist())
    out.append([part.tolist() for _, part in KFold(9, shuffle=True).split(X)])
    out.append(cross_val_score(LogisticRegression(), X, y, cv=3).tolist())
    with multiprocessing.get_context("fork").Pool(1) as pool:
        out.append(pool.map(both, range(3)))
    tempfile.mkstemp(dir=".")
    print(json.dumps(out))
"""


def test_seeded_programs_give_the_plain_values(tmp_path: Path) -> None:
    """Every way of seeding gives exactly what plain Python gives, and leaves no event in any process."""
    child = run_script(tmp_path / "project", SEEDED)
    assert (child.code, child.stdout, child.stderr) == run_plain(tmp_path / "project")
    assert [line for lines in child.logs.values() for line in lines if line["type"] == "event"] == []
    assert child.not_compared == []


HELPER = """
import random
import numpy as np
RNG = np.random.default_rng()
class Model:
    def __init__(self):
        self.start = random.random()
    def draw(self):
        def inner():
            return np.random.rand()
        return inner()
def numbers():
    return np.random.choice(
        [1, 2, 3],
        2,
    )
"""

UNSEEDED = """
import os, random, secrets, uuid
import numpy as np
import pandas as pd
from random import shuffle
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import KFold, train_test_split
import helper

def main():
    out = {}
    model = helper.Model()
    out["random"] = [model.start, random.gauss(0, 1)]
    values = list(range(20)); shuffle(values)
    out["random"].append(values)
    out["numpy"] = [model.draw(), helper.numbers().tolist()]
    out["numpy"].append(pd.DataFrame({"a": range(30)}).sample(5).index.tolist())
    out["numpy@helper.py:4"] = helper.RNG.random()
    out["numpy@train.py:19"] = np.random.RandomState().rand()
    out["random@train.py:20"] = random.Random().random()
    X = np.arange(60.0).reshape(30, 2); y = np.arange(30) % 2
    out["estimator@train.py:22"] = train_test_split(y, X[:, 0])[3].tolist()
    forest = RandomForestClassifier(3)
    out["estimator@train.py:24"] = forest.fit(X, y).predict_proba(X)[:, 0].tolist()
    out["estimator@train.py:25"] = list(map(str, KFold(shuffle=True).split(X)))
    out["entropy@train.py:26"] = [str(uuid.uuid4()), secrets.token_hex(4), os.urandom(2).hex()]
    out["entropy@train.py:27"] = random.SystemRandom().random()
    return out

import json
print(json.dumps(main()))
"""


def _unseeded(tmp_path: Path, name: str, **config: Any) -> tuple[dict[str, object], list[tuple[str, str]]]:
    project = tmp_path / name / "project"
    project.mkdir(parents=True)
    (project / "helper.py").write_text(HELPER)
    child = run_script(project, UNSEEDED, **config)
    assert (child.code, child.stderr) == (0, "")
    assert child.not_compared == []
    return json.loads(child.stdout), child.sites


def test_each_unseeded_source_follows_its_own_stream(tmp_path: Path) -> None:
    """Values are determined by seed and streams, at any hash seed; each changes with its own stream and no other."""
    first, sites = _unseeded(tmp_path, "first")
    assert _unseeded(tmp_path, "again", hash_seed=7)[0] == first
    other, _ = _unseeded(tmp_path, "other", seed=2)
    assert [key for key in first if first[key] == other[key]] == []
    streams = {stream for stream, _ in sites}
    assert streams == set(first)
    for index, stream in enumerate(["random", "numpy", "estimator@train.py:24", "entropy@train.py:26"]):
        varied, _ = _unseeded(tmp_path, f"varied{index}", streams={stream: 2})
        assert {key for key in first if first[key] != varied[key]} == {stream}
        assert varied[stream] == other[stream]


def test_events_carry_the_users_line(tmp_path: Path) -> None:
    """Draws by functions, classes, other files and libraries are located at the nearest line of user code."""
    project = tmp_path / "project"
    project.mkdir()
    (project / "helper.py").write_text(HELPER)
    child = run_script(project, UNSEEDED)
    assert [(event.what, str(event.stack[0].place), event.stack[0].function) for event in child.events] == [
        ("numpy.random.default_rng", "helper.py:4", "<module>"),
        ("random.random", "helper.py:7", "__init__"),
        ("random.gauss", "train.py:13", "main"),
        ("random.shuffle", "train.py:14", "main"),
        ("numpy.random.rand", "helper.py:10", "inner"),
        ("numpy.random.choice", "helper.py:13", "numbers"),
        ("pandas NDFrame.sample", "train.py:17", "main"),
        ("numpy.random.RandomState", "train.py:19", "main"),
        ("random.Random", "train.py:20", "main"),
        ("sklearn train_test_split", "train.py:22", "main"),
        ("sklearn RandomForestClassifier", "train.py:24", "main"),
        ("sklearn KFold", "train.py:25", "main"),
        ("uuid.uuid4", "train.py:26", "main"),
        ("secrets.token_hex", "train.py:26", "main"),
        ("os.urandom", "train.py:26", "main"),
        ("random.SystemRandom.random", "train.py:27", "main"),
    ]
    assert [str(call.place) for call in child.events[4].stack] == [
        "helper.py:10",
        "helper.py:11",
        "train.py:16",
        "train.py:31",
    ]
    assert {event.thread for event in child.events} == {"MainThread"}


def test_a_seed_ends_the_events_and_an_unseeded_state_put_back_does_not_count(tmp_path: Path) -> None:
    """Events stop with the user's seed; a state handed out before it is unseeded again; seed() has a stream."""
    source = """
import random
import numpy as np
kept, kept_numpy = random.getstate(), np.random.get_state()
random.seed(0); np.random.seed(0)
random.random(); np.random.rand()
random.setstate(kept); np.random.set_state(kept_numpy)
random.random(); np.random.rand()
random.setstate(random.Random(1).getstate()); np.random.set_state(np.random.RandomState(1).get_state())
random.random(); np.random.rand()
random.seed(); np.random.seed()
random.random(); np.random.rand()
"""
    child = run_script(tmp_path / "project", source)
    # numpy 1 takes no lock to read the state; reading it tells as much as a draw, but what is drawn from it tells more.
    read = [] if version("numpy").startswith("1.") else [("numpy", "train.py:4")]
    assert child.sites == [
        ("random", "train.py:4"),
        *read,
        ("random", "train.py:8"),
        ("numpy", "train.py:8"),
        ("random@train.py:11", "train.py:11"),
        ("numpy@train.py:11", "train.py:11"),
    ]


def test_one_event_for_each_line_and_step(tmp_path: Path) -> None:
    """A line that draws a thousand times in a step is one event; in the next step it is another one."""
    source = "import random\ndef f():\n    return random.random()\n[f() for _ in range(1000)]\nf()\n"
    assert run_script(tmp_path / "project", source).sites == [("random", "train.py:3")] * 2


PROCESSES = """
import multiprocessing, os, random
import numpy as np
np.random
def draw(_):
    return random.random(), float(np.random.rand()), float(np.random.default_rng().random())
if __name__ == "__main__":
    values = []
    for kind in ("fork", "fork", "spawn"):
        with multiprocessing.get_context(kind).Pool(1) as pool:
            values += pool.map(draw, range(2))
    reading, writing = os.pipe()
    if os.fork() == 0:
        os.write(writing, repr(random.random()).encode())
        os._exit(0)
    os.wait()
    print(values, os.read(reading, 99))
"""


def test_child_processes_have_streams_of_their_own(tmp_path: Path) -> None:
    """Forked and spawned children draw what seed and their name decide; numpy's state is inherited, as without us."""
    child = run_script(tmp_path / "project", PROCESSES)
    assert child.stdout == run_script(tmp_path / "project", hash_seed=3).stdout
    assert child.stdout != run_script(tmp_path / "project", seed=2).stdout
    streams = [[line["stream"] for line in lines] for name, lines in child.logs.items() if name != "main.jsonl"]
    assert sorted(streams) == [
        ["random#ForkPoolWorker-1", "numpy", "numpy@train.py:6#ForkPoolWorker-1"],
        ["random#ForkPoolWorker-2", "numpy", "numpy@train.py:6#ForkPoolWorker-2"],
        ["random#SpawnPoolWorker-3", "numpy#SpawnPoolWorker-3", "numpy@train.py:6#SpawnPoolWorker-3"],
        ["random#fork-3"],
    ]


def test_imports_and_infrastructure_leave_no_event(tmp_path: Path) -> None:
    """What libraries draw while they are imported, or for names and handshakes of their own, is not the user's."""
    installed = tmp_path / "project" / ".venv" / "lib" / "site-packages"
    installed.mkdir(parents=True)
    (tmp_path / "project" / ".venv" / "pyvenv.cfg").write_text("")
    (installed / "drawing.py").write_text(
        "import random, uuid, numpy as np\nR = random.random(), uuid.uuid4(), np.random.rand()"
    )
    source = f"""
import sys
sys.path.append({str(installed)!r})
import drawing, tempfile, concurrent.futures, asyncio, joblib
tempfile.mkdtemp()
with concurrent.futures.ProcessPoolExecutor(1) as pool: pool.submit(abs, 1).result()
joblib.Parallel(2)(joblib.delayed(abs)(1) for _ in range(2))
"""
    child = run_script(tmp_path / "project", source)
    assert (child.code, child.stderr) == (0, "")
    assert child.events == []


def test_notebook_cells_are_steps_and_places(tmp_path: Path) -> None:
    """Cells are steps; draws, functions of earlier cells, %%time and failing cells are located by cell and line."""
    cells = [
        "import random\nimport numpy as np\ndef f():\n    return np.random.rand()",
        "%%time\nx = random.random()",
        "x = 2\nf()",
        "1/0",
        "g = np.random.default_rng()\nx = 3; y = g.random()",
        "from sklearn.tree import DecisionTreeRegressor\nDecisionTreeRegressor().fit([[1], [2]], [1, 2])",
    ]
    child, notebook = run_notebook(tmp_path / "project", cells)
    assert [(step.index, step.place.cell, step.place.line) for step in child.steps] == [(i, i, None) for i in range(6)]
    assert [(event.step, event.stream, str(event.stack[0].place)) for event in child.events][:3] == [
        (1, "random", "nb.ipynb cell[1]:2"),
        (2, "numpy", "nb.ipynb cell[0]:4"),
        (4, "numpy@nb.ipynb[4]:1", "nb.ipynb cell[4]:1"),
    ]
    assert [str(call.place) for call in child.events[1].stack] == ["nb.ipynb cell[0]:4", "nb.ipynb cell[2]:2"]
    states = [(one.step, one.what) for one in child.observations if one.aspect == "state"]
    assert states == [(1, "variable x"), (2, "variable x"), (4, "variable x"), (4, "variable g"), (4, "variable y")]
    fits = [one for one in child.observations if one.what == "DecisionTreeRegressor.fit X"]
    assert [(one.step, str(one.stack[0].place), one.about) for one in fits] == [
        (5, "nb.ipynb cell[5]:2", "DecisionTreeRegressor#1")
    ]
    assert child.not_compared == []
    again, same = run_notebook(tmp_path / "project", cells)
    assert [cell.outputs for cell in same.cells[2:4]] == [cell.outputs for cell in notebook.cells[2:4]]
    assert again.sites == child.sites

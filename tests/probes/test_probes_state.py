"""Variables at the end of each step: what a step could have touched is looked at again, however it was reached."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import pytest

from pytest_reprocheck.probes.log import MemoryLog
from pytest_reprocheck.probes.probe import Probe
from pytest_reprocheck.probes.state import State
from pytest_reprocheck.probes.touched import names_of_tree

from .children import Child, run_notebook, run_script

HELPER = """
import threading
kept = []
def keep(values): kept.append(values)
def change(values): values[0] += 1
def change_kept(): kept[-1][0] += 1
class Holder:
    def __init__(self, values): self._values = values
    def change(self): self._values[0] += 1
    @property
    def size(self):
        self._values[0] += 1
        return 3
class Changing:
    def __init__(self, values): self.values = values
    def __len__(self):
        self.values[0] += 1
        return 1
def later(values):
    thread = threading.Thread(target=change, args=(values,))
    thread.start()
    thread.join()
"""
START = """
import functools, operator, weakref
import numpy as np
import pandas as pd
import helper
X = np.zeros(5000)
"""


def changes(child: Child, name: str) -> list[int]:
    """The lines (or cells) at whose end a variable was new or changed."""
    assert child.not_compared == []
    places = {step.index: step.place for step in child.steps}
    found = [one for one in child.observations if one.aspect == "state" and one.what == f"variable {name}"]
    at = [places[one.step] for one in found if one.step is not None]
    return [int(str(place.line if place.cell is None else place.cell)) for place in at]


WAYS = {
    "directly": ("", "X[0] += 1"),
    "a view": ("view = X[2:]", "view[0] += 1"),
    "a reshaped view": ("view = X.reshape(100, 50).T", "view[3, 3] = 1"),
    "a buffer": ("view = memoryview(X)", "view[0] = 5.0"),
    "another variable's list": ("held = [1, X]", "held[1][0] += 1"),
    "a dict in a tuple": ("held = ({'x': X},)", "held[0]['x'].fill(2)"),
    "an object array": ("held = np.array([X, None], dtype=object)", "held[0][0] = 1"),
    "a frame's column": ("frame = pd.DataFrame({'a': X}, copy=False)", "np.asarray(frame._mgr.arrays[0])[...] += 1"),
    "a helper": ("", "helper.change(X)"),
    "a helper that kept it": ("helper.keep(X)", "helper.change_kept()"),
    "an imported function": ("helper.keep(X); from helper import change_kept", "change_kept()"),
    "an import in the step": ("helper.keep(X)", "exec('import helper; helper.change_kept()')"),
    "a private attribute": ("holder = helper.Holder(X)", "holder.change()"),
    "a property": ("holder = helper.Holder(X)", "holder.size"),
    "a special method": ("thing = helper.Changing(X)", "len(thing)"),
    "a closure": ("def outer(v):\n    def inner(): v[0] += 1\n    return inner\nclose = outer(X)", "close()"),
    "a global of a function": ("def touch(): X[0] += 1", "touch()"),
    "a function's function": ("def touch(): X[0] += 1\ndef call(): return [touch() for _ in 'a']", "call()"),
    "a default": ("def touch(v=X): v[0] += 1", "touch()"),
    "a bound method": ("fill = X.fill", "fill(3)"),
    "a partial": ("fill = functools.partial(operator.setitem, X, 0)", "fill(3)"),
    "a generator": (
        "def walk(v):\n    yield 1\n    v[0] += 1\n    yield 2\nwalker = walk(X); next(walker)",
        "next(walker)",
    ),
    "a weak reference": ("ref = weakref.ref(X)", "ref().fill(1)"),
    "a dictionary of names": ("", "globals()['X'][0] += 1"),
    "a thread": ("", "helper.later(X)"),
    "a class attribute": ("class Box: x = X", "Box.x[0] += 1"),
    "a class method": ("class Box:\n    def go(self): X[0] += 1\nbox = Box()", "box.go()"),
    "a lambda in a dict": ("table = {'f': lambda: X.fill(1)}", "table['f']()"),
    "an iterator": ("rows = iter([X])", "next(rows)[0] = 1"),
}


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[int]]:
    """For each way the steps, counted from the one that makes the change, at whose end X was seen to differ."""
    folder = tmp_path_factory.mktemp("ways") / "project"
    folder.mkdir()
    (folder / "helper.py").write_text(HELPER)
    cells = [START]
    for before, change in WAYS.values():
        cells += [f"X = np.zeros(5000)\n{before}", change, "Y = 1"]
    child, notebook = run_notebook(folder, [*cells, "Z = 1"])
    errors = [out for cell in notebook.cells for out in cell.outputs if out.output_type == "error"]
    assert errors == []
    found = changes(child, "X")
    return {
        name: [at - 3 * place - 2 for at in found if at in range(3 * place + 2, 3 * place + 4)]
        for place, name in enumerate(WAYS)
    }


@pytest.mark.parametrize("way", WAYS)
def test_a_change_is_seen_at_the_step_that_makes_it(way: str, everything: dict[str, list[int]]) -> None:
    """Through aliases, views, functions, closures and other objects, whatever name the step uses."""
    assert everything[way] == [0]


def looked_at(folder: Path, *steps: str) -> list[list[str]]:
    """For each step the variables that were digested at its end."""
    file = folder / "steps.py"
    file.write_text("\n".join(steps))
    probe = Probe({"root": str(folder), "path": "steps.py", "seed": 1, "blobs": None}, MemoryLog())
    state = State(probe)
    namespace: dict[str, Any] = {}
    found: list[list[str]] = []
    encode = probe.encode

    def watched(obj: object, *args: Any, **kwargs: Any) -> Any:
        found[-1] += [name for name, value in namespace.items() if value is obj and name not in found[-1]]
        return encode(obj, *args, **kwargs)

    probe.encode = watched  # type: ignore[method-assign]
    for source in steps:
        state.start_step(names_of_tree(ast.parse(source)), namespace)
        exec(compile(source, str(file), "exec"), namespace)
        found.append([])
        own = {name: value for name, value in namespace.items() if not name.startswith("_")}
        state.end_step(own, namespace, last=False)
    probe.stop()
    return found


def test_what_a_step_could_not_touch_is_left_alone(tmp_path: Path) -> None:
    """Independent frames, arrays, estimators and models are digested when they are used, and not with each other."""
    frames = (
        "a = pd.DataFrame({'x': np.zeros(3), 's': ['u'] * 3}); b = pd.DataFrame({'x': np.zeros(3), 's': ['u'] * 3})"
    )
    steps = [
        "import numpy as np, pandas as pd",
        f"from sklearn.linear_model import LinearRegression\n{frames}\nc = np.ones(4)\nd = [1, 'two']",
        "model = LinearRegression().fit(b[['x']], c[:3])",
        "print(c.sum())",
        "a.loc[0, 'x'] = 2.0",
        "e = 5",
        "for i in range(3): pass",
        "model.predict(b[['x']])",
        "def total(values): return values.sum()",
        "f = total(c)",
        "view = c[1:]",
        "view[0] = 9",
        "g = d",
        "d.append(3)",
    ]
    found = looked_at(tmp_path, *steps)
    expected = [
        *([], ["a", "b", "c", "d"], ["b", "c", "model"], ["c"], ["a"], ["e"], ["i"], ["b", "model"], [], ["c", "f"]),
        *(["c", "view"], ["c", "view"], ["d", "g"], ["d", "g"]),
    ]
    assert [sorted(one) for one in found] == expected


def test_what_cannot_be_followed_could_touch_everything(tmp_path: Path) -> None:
    """``exec``, a thread that still runs and the like have every variable looked at."""
    waiting = "thread = threading.Thread(target=gate.wait, daemon=True); thread.start()"
    steps = [
        "import threading; x = [1]; gate = threading.Event()",
        "y = 2",
        "exec('z = 3')",
        waiting,
        "y = 4",
        "gate.set()",
    ]
    found = looked_at(tmp_path, *steps, "thread.join()", "y = 5")
    assert ["x" in one for one in found[:5]] == [True, False, True, True, True]
    assert "x" not in found[-1]


def test_what_a_library_changes_later_is_seen_at_the_end(tmp_path: Path) -> None:
    """A reference that only a library's own module holds is not followed; the last step looks at everything."""
    source = """
import numpy as np, textwrap
X = np.zeros(5000)
textwrap.kept = X
textwrap.TextWrapper.bump = lambda self: textwrap.kept.fill(1)
y = 1
wrapper = textwrap.TextWrapper()
wrapper.bump()
z = 2
"""
    child = run_script(tmp_path / "project", source)
    assert (child.stderr, child.outcome) == ("", None)
    assert changes(child, "X") == [3, 9]

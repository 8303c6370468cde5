"""The oracle of the mutants: runs without the plugin, under other legitimate surroundings."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from benchmarks.corpus import Example
from benchmarks.mutate import changed, kept, plain
from tests.execution.helpers import write, write_notebook

STEADY = "total = sum(range(4))\nprint(total)\n"
SUBJECTS = {
    "": "import random\nx = random.random()\n",
    "listing": "import os\nimport pathlib\nx = [os.listdir(), [p.name for p in pathlib.Path().iterdir()]]\n",
    "completion": """\
        from concurrent import futures
        with futures.ThreadPoolExecutor(1) as pool:
            x = [task.result() for task in futures.as_completed([pool.submit(abs, n) for n in range(3)])]
        """,
    "rows": """\
        import sqlite3
        base = sqlite3.connect(":memory:")
        base.execute("create table t (a)")
        base.executemany("insert into t values (?)", [(1,), (2,)])
        x = base.execute("select a from t").fetchall()
        """,
    "clock": "import datetime\nx = datetime.date.today().isoformat()\n",
}


def example(folder: Path, text: str) -> Example:
    write(folder, {"subject.py": textwrap.dedent(text), "beside.csv": "a\n", "other.csv": "b\n"})
    return Example(project="own", path="subject.py", file=folder / "subject.py")


@pytest.mark.parametrize("factor", SUBJECTS)
def test_a_factor_shows_what_depends_on_it(tmp_path: Path, factor: str) -> None:
    """The variable and nothing else; the order of the files beside it is that of the run's own folder."""
    subject = example(tmp_path, STEADY + textwrap.dedent(SUBJECTS[factor]) + "names = 'beside.csv', 'other.csv'\n")
    one, other = (plain(subject, None, each, 60) for each in ("", factor))
    assert (one.failed, other.failed) == ("", "")
    assert changed(one, other, frozenset({"printed", "total", "names", "x"})) == "x"
    assert kept([one, other]) == {"printed", "total", "names"} | ({"base"} & set(one.values))


def test_a_notebook_is_run_cell_by_cell(tmp_path: Path) -> None:
    """Its variables are told, and a cell that raises ends it."""
    write_notebook(tmp_path / "good.ipynb", "%matplotlib inline\na = 1", "print(a + 1)")
    good = plain(Example(project="own", path="good.ipynb", file=tmp_path / "good.ipynb"), None, "", 60)
    assert (good.failed, good.printed, sorted(good.values)) == ("", ("2",), ["a"])
    write_notebook(tmp_path / "bad.ipynb", "a = 1", "1 / 0")
    bad = plain(Example(project="own", path="bad.ipynb", file=tmp_path / "bad.ipynb"), None, "", 60)
    assert bad.failed == "ZeroDivisionError: division by zero"
    assert changed(good, bad, kept([good])) == "fails: ZeroDivisionError: division by zero"

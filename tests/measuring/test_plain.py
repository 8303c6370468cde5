"""The oracle of the mutants: runs without the plugin, under other legitimate surroundings."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.oracle import Left, Plain, changed, kept, modules_in, plain_runs
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


@pytest.fixture(scope="module")
def plain() -> Iterator[Plain]:
    """The servers, with nothing imported in advance."""
    with plain_runs([]) as run:
        yield run


@pytest.mark.parametrize("factor", SUBJECTS)
def test_a_factor_shows_what_depends_on_it(plain: Plain, tmp_path: Path, factor: str) -> None:
    """The variable and nothing else; the order of the files beside it is that of the run's own folder."""
    text = STEADY + textwrap.dedent(SUBJECTS[factor]) + "names = 'beside.csv', 'other.csv'\n"
    write(tmp_path, {"subject.py": text, "beside.csv": "a\n", "other.csv": "b\n"})
    one, other = (plain(tmp_path / "subject.py", each, 60) for each in ("", factor))
    assert (one.failed, other.failed) == ("", "")
    assert changed(one, other, frozenset({"printed", "total", "names", "x"})) == "x"
    assert kept([one, other]) == {"printed", "total", "names"} | ({"base"} & set(one.values))


def test_a_notebook_is_run_cell_by_cell(plain: Plain, tmp_path: Path) -> None:
    """Its variables are told, and a cell that raises ends it."""
    write_notebook(tmp_path / "good.ipynb", "%matplotlib inline\na = 1", "print(a + 1)")
    good = plain(tmp_path / "good.ipynb", "", 60)
    assert (good.failed, good.printed, sorted(good.values)) == ("", ("2",), ["a"])
    write_notebook(tmp_path / "bad.ipynb", "a = 1", "1 / 0")
    bad = plain(tmp_path / "bad.ipynb", "", 60)
    assert bad.failed == "ZeroDivisionError: division by zero"
    assert changed(good, bad, kept([good])) == "fails: ZeroDivisionError: division by zero"


def test_figures_are_told_by_their_pixels(plain: Plain, tmp_path: Path) -> None:
    """Of two figures the one that a draw reaches is another one."""
    write(
        tmp_path,
        {
            "subject.py": """\
                import matplotlib.pyplot as plt
                import numpy as np
                plt.plot([1, 2])
                plt.figure()
                plt.plot(np.random.rand(3))
                """
        },
    )
    one, other = (plain(tmp_path / "subject.py", "", 60) for _ in range(2))
    assert sorted(one.values) == ["figure 1", "figure 2"]
    assert changed(one, other, frozenset(one.values)) == "figure 2"


def test_forked_runs_share_neither_seeds_nor_ends(plain: Plain, tmp_path: Path) -> None:
    """Three in sequence have three hash seeds, generators of their own, and ends of their own."""
    write(
        tmp_path,
        {"subject.py": "import random\nimport numpy as np\nx = hash('a'), random.random(), np.random.rand()\n"},
    )
    runs = [plain(tmp_path / "subject.py", "", 60) for _ in range(3)]
    assert len({run.values["x"] for run in runs}) == 3
    write(tmp_path, {"busy.py": "while True:\n    pass\n", "gone.py": "import os\nos._exit(3)\n"})
    assert plain(tmp_path / "busy.py", "", 0.2) == Left(failed="exit code -27", printed=(), values={})
    assert plain(tmp_path / "gone.py", "", 60).failed == "exit code 3"
    assert plain(tmp_path / "subject.py", "", 60).failed == ""


def test_modules_are_those_that_texts_import() -> None:
    """By their whole names; those of the text's own package and of texts that are no Python are left out."""
    texts = ["import a.b, c\ndef f():\n    from d.e import g\n", "from . import h\nfrom .i import j\n", "%magic"]
    assert modules_in(texts) == {"a.b", "c", "d.e"}

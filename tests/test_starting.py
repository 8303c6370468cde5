"""Audits of several subjects: what is imported in advance, and what forked runs may say."""

from __future__ import annotations

import os
import select
import subprocess
import sys
from pathlib import Path

import pytest

from pytest_reprocheck.auditing import audit
from pytest_reprocheck.config import Options
from pytest_reprocheck.core.subjects import Subject
from pytest_reprocheck.execution.engine import FRESH, zygotes
from pytest_reprocheck.starting import forking, modules_of
from tests.execution.helpers import write, write_notebook

linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="processes are forked on Linux alone")
OPTIONS = Options(vary=("seed", "hash"), max_runs=4)


def test_the_subjects_imports_are_found(tmp_path: Path) -> None:
    """In cells with magics, in functions, and in modules of the project that are imported."""
    write_notebook(tmp_path / "nb.ipynb", "%matplotlib inline\nimport numpy as np", "from own import helper")
    write(tmp_path, {"own/__init__.py": "", "own/helper.py": "def f():\n    from sklearn import svm\n"})
    found = modules_of(Subject(root=tmp_path, path="nb.ipynb", kind="notebook"))
    assert {"numpy", "own.helper", "sklearn.svm"} <= found


def test_one_or_two_subjects_are_started_anew(tmp_path: Path) -> None:
    """A process to fork from costs as much as an interpreter."""
    subjects = [Subject(root=tmp_path, path=f"{name}.py", kind="script") for name in "ab"]
    with forking(subjects) as engine:
        assert engine is FRESH


@linux
def test_forked_runs_pass_and_others_find(tmp_path: Path) -> None:
    """What is alike is so in two runs; what differs is run again, and those runs are counted apart."""
    write(tmp_path, {"same.py": "print(1)", "other.py": "import random\nprint(random.random())", "start.py": START})
    with zygotes() as engine:
        same, other, start = (
            audit(tmp_path / name, OPTIONS, engine=engine) for name in ("same.py", "other.py", "start.py")
        )
        fresh = audit(tmp_path / "other.py", OPTIONS)
        assert engine.problems == ()
    assert (same.verdict, same.runs, same.trials) == ("reproducible", 2, 0)
    assert (other.verdict, other.runs, other.findings) == (fresh.verdict, fresh.runs, fresh.findings)
    assert other.trials == fresh.trials + 2
    assert start.verdict == "reproducible"
    assert start.notes[-1].startswith("forked runs differed")


START = """
import os, sys
parent = open(f"/proc/{os.getppid()}/cmdline").read()
print(hash("a") if "zygote" in parent else 0)
"""
"""Differs in forked runs alone."""

ALONE = """
import os, sys
from pytest_reprocheck.core.subjects import Subject
from pytest_reprocheck.core.conditions import baseline
from pytest_reprocheck.execution.engine import zygotes
from pytest_reprocheck.execution.running import runner
from pathlib import Path

subject = Subject(root=Path(sys.argv[1]), path="endless.py", kind="script")
with zygotes() as engine, runner(subject, engine=engine) as executor:
    executor.run([baseline("a", threads=1)])
"""


@linux
def test_nothing_outlives_pytest(tmp_path: Path) -> None:
    """However it ends: the process to fork from ends with it, and the run that it has forked."""
    write(tmp_path, {"project/endless.py": ENDLESS, "alone.py": ALONE})
    reading, writing = os.pipe()
    env = {**os.environ, "REPROCHECK_TEST_PIPE": f"/proc/{os.getpid()}/fd/{writing}"}
    alone = subprocess.Popen([sys.executable, tmp_path / "alone.py", tmp_path / "project"], env=env)
    run, supervisor, zygote = (os.pidfd_open(int(number)) for number in os.read(reading, 100).split())
    alone.kill()
    alone.wait()
    for process in (run, supervisor, zygote):
        signs = select.poll()
        signs.register(process, select.POLLIN)
        assert signs.poll(60_000)
        os.close(process)
    os.close(reading)
    os.close(writing)


ENDLESS = """
import os
def parent(number):
    return int(open(f"/proc/{number}/stat").read().rpartition(")")[2].split()[1])
numbers = [os.getpid(), os.getppid(), parent(os.getppid())]
with open(os.environ["REPROCHECK_TEST_PIPE"], "w") as pipe:
    pipe.write(" ".join(map(str, numbers)))
while True:
    pass
"""

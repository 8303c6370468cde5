"""The faces with nothing faked: real runs of small subjects."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import jsonschema
import pytest

from tests.conftest import notebook

COMMAND = Path(sys.executable).with_name("reprocheck")

SCRIPT = """\
names = {"age", "city", "plan", "tenure", "usage", "region", "charge", "churned"}
columns = list(names)
print(columns)
"""


def test_a_faulty_script_a_clean_notebook_and_a_test(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, schema: dict[str, object]
) -> None:
    """One command audits both beside the test, names cause, line and remedy, and what it stored can be replayed."""
    here = pytester.mkdir("project")
    monkeypatch.chdir(here)
    (here / "test_a.py").write_text("def test_a(): pass", encoding="utf-8")
    (here / "pytest.ini").touch()
    (here / "columns.py").write_text(SCRIPT, encoding="utf-8")
    (here / "sums.ipynb").write_text(notebook("x = 1", "print(x + 1)"), encoding="utf-8")
    result = pytester.runpytest_subprocess(
        "--reprocheck", "--reprocheck-json=r.json", "columns.py", "sums.ipynb", "test_a.py"
    )
    result.assert_outcomes(passed=2, failed=1)
    result.stdout.fnmatch_lines(
        ["*_ columns.py: nondeterministic (1 confirmed) _*", "hash-order  columns.py:2   columns = list(names)"]
    )
    data = json.loads(Path("r.json").read_text(encoding="utf-8"))
    jsonschema.validate(data, schema)
    script, clean = data["subjects"]
    assert (clean["path"], clean["verdict"], clean["findings"]) == ("sums.ipynb", "reproducible", [])
    (finding,) = script["findings"]
    assert (finding["cause"], finding["confirmed"], finding["location"]["line"]) == ("hash-order", True, 2)
    assert "sorted(names)" in finding["remedy"]
    made = {file.name for file in here.iterdir()} - {"test_a.py", "pytest.ini", "columns.py", "sums.ipynb"}
    assert made - {"__pycache__", ".pytest_cache"} == {".reprocheck", "r.json"}
    replayed = pytester.run(COMMAND, "replay", ".reprocheck/last/columns.py.json")
    assert replayed.ret == 1
    replayed.stdout.fnmatch_lines(["columns.py: 1 of 1 finding came again *"])


def test_the_command_audits_a_reproducible_script(pytester: pytest.Pytester) -> None:
    """Seeded by the user: two runs, or three where a third is due, and exit code 0."""
    pytester.path.joinpath("draw.py").write_text("import random\nrandom.seed(1)\nprint(random.random())\n")
    result = pytester.run(COMMAND, "audit", "draw.py")
    assert result.ret == 0
    result.stdout.fnmatch_lines(["draw.py  reproducible *"])


def test_an_unreadable_notebook_is_a_failed_item(pytester: pytest.Pytester) -> None:
    """Never a collection error: the other subjects go on."""
    pytester.path.joinpath("bad.ipynb").write_text("{ this is no notebook", encoding="utf-8")
    result = pytester.runpytest_subprocess("--reprocheck")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*_ bad.ipynb: failed _*", "bad.ipynb* failed *"])


def test_functions_are_audited_in_this_process(pytester: pytest.Pytester) -> None:
    """An unseeded draw fails the test with its cause and line; a seeded function passes."""
    pytester.makepyfile(
        test_a="""
        import random
        def draw(seed=None):
            return random.Random(seed).random()
        def test_bad(reprocheck): reprocheck(draw)
        def test_good(reprocheck): assert reprocheck(draw, 1).passed
        """
    )
    result = pytester.runpytest_subprocess("-pno:nbval")
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(
        ["test_a.py::test_bad: nondeterministic (1 confirmed)", "unseeded-random  test_a.py:3   return random.*"]
    )


def test_an_nbval_sanitizer_file_holds_for_outputs(pytester: pytest.Pytester) -> None:
    """In pytest and on the command line: what its patterns match is no difference, what they do not match is one."""
    pytester.path.joinpath("pytest.ini").touch()
    pytester.path.joinpath("run.py").write_text("import uuid\nprint('run', uuid.uuid4())\n")
    pytester.path.joinpath("ids.cfg").write_text("[ids]\nregex: [0-9a-f-]{36}\nreplace: ID\n")

    assert pytester.run(COMMAND, "audit", "run.py", "--nbval-sanitize-with", "ids.cfg").ret == 0
    assert pytester.run(COMMAND, "audit", "run.py", "--nbval-sanitize-with", "no.cfg").ret == 2
    command = ("--reprocheck", "--reprocheck-vary=seed", "run.py")
    pytester.runpytest_subprocess(*command, "--nbval-sanitize-with=ids.cfg").assert_outcomes(passed=1)
    pytester.runpytest_subprocess(*command).assert_outcomes(failed=1)


WITH_OPTIONS = """\
import argparse, random
parser = argparse.ArgumentParser()
parser.add_argument("--alpha", type=float)
parser.add_argument("--depth", type=int)
parser.add_argument("--seed", type=int, default=0)
options = parser.parse_args()
print(sum(range(options.depth)))
if options.depth > 9:
    print(random.random())
"""


def test_sets_of_parameters_are_subjects_and_tell_what_does_nothing(pytester: pytest.Pytester) -> None:
    """A grid in a file: a set is named after its values; one parameter does something, the others are found."""
    here = pytester.path
    (here / "train.py").write_text(WITH_OPTIONS, encoding="utf-8")
    (here / "sets.yaml").write_text("train.py: {grid: {alpha: [0.1, 1.0], depth: [3, 5]}}", encoding="utf-8")
    arguments = ("--reprocheck", "--reprocheck-parameters=sets.yaml", "--reprocheck-vary=hash", "train.py")
    result = pytester.runpytest_subprocess(*arguments, "-v", "--reprocheck-fresh")
    result.assert_outcomes(passed=4)
    result.stdout.fnmatch_lines(
        [
            "train.py::reprocheck[[]alpha=0.1, depth=3] PASSED*",
            "*train.py[[]alpha=0.1, depth=3]: reproducible (1 warning)*",
            "dead-parameter  (warning)  train.py:3*",
            "  why     all results are the same with alpha=0.1, alpha=1.0",
        ]
    )
    result.stdout.no_fnmatch_line("*dead-parameter*train.py:4*")


def test_a_seed_that_controls_nothing_is_told_beside_the_draw(pytester: pytest.Pytester) -> None:
    """On the command line one set is enough to see it."""
    (pytester.path / "train.py").write_text(WITH_OPTIONS, encoding="utf-8")
    (pytester.path / "pytest.ini").touch()
    command = [str(Path(sys.executable).with_name("reprocheck")), "audit", "train.py", "-p", "depth=10", "-p", "seed=7"]
    result = pytester.run(*command, "--vary=seed")
    assert result.ret == 1
    result.stdout.fnmatch_lines(
        [
            "train.py[[]depth=10, seed=7]: nondeterministic (1 confirmed, 1 warning)",
            "unseeded-random  train.py:9*",
            "seed-parameter  (warning)  train.py:5*",
        ]
    )


def test_workers_fork_the_runs_of_their_subjects(pytester: pytest.Pytester) -> None:
    """Each worker of pytest-xdist from processes of its own."""
    text = "import os\nassert 'zygote' in open('/proc/self/cmdline').read()\nprint(os.path.basename(__file__))\n"
    for number in range(6):
        (pytester.path / f"s{number}.py").write_text(text, encoding="utf-8")
    names = [f"s{number}.py" for number in range(6)]
    result = pytester.runpytest_subprocess("--reprocheck", "-n2", "-pno:randomly", *names)
    result.assert_outcomes(passed=6)

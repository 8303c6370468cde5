"""Audits that leave no run to explain a difference end with the first one."""

from __future__ import annotations

import textwrap
from functools import partial
from pathlib import Path

import pytest

from pytest_reprocheck import Audit, Options, Subject, audit
from pytest_reprocheck.core.conditions import baseline, varied
from pytest_reprocheck.core.rules import FieldRule
from pytest_reprocheck.core.tolerance import Tolerance
from pytest_reprocheck.core.trace import Trace
from pytest_reprocheck.environment.surroundings import surroundings
from pytest_reprocheck.execution.limits import Limits
from pytest_reprocheck.execution.running import runner
from pytest_reprocheck.stopping import up_to_first_difference
from tests.execution.helpers import outputs, write, write_notebook

NEVER_ENDS = "while True: time.sleep(0.01)"
REASON = "the audit ends at the first difference, because its options leave no run to explain it"
shown = partial(up_to_first_difference, tolerance=Tolerance())


def audit_script(root: Path, text: str, options: Options) -> Audit:
    write(root, {"train.py": text})
    return audit(Subject(root=root, path="train.py", kind="script"), options)


@pytest.mark.parametrize("options", [Options(max_runs=2, timeout=120), Options(budget=0, timeout=120)])
def test_a_script_ends_at_its_first_difference(tmp_path: Path, options: Options) -> None:
    """What comes later never ends, and would be a timeout; the report says that it was not compared."""
    text = f"import random, time\nprint('start')\nprint(random.random())\nx = 1\n{NEVER_ENDS}\n"
    result = audit_script(tmp_path, text, options)
    assert (result.verdict, result.runs) == ("inconclusive", 2)
    assert [(item.what, item.reason) for item in result.not_compared] == [("everything after train.py:3", REASON)]
    assert [(finding.cause, str(finding.location)) for finding in result.findings] == [("unexplained", "train.py:3")]


def test_a_notebook_ends_at_its_first_difference(tmp_path: Path) -> None:
    """By what a cell shows, the last expression's value here."""
    write_notebook(tmp_path / "nb.ipynb", "import random, time", "random.random()", "x = 1", NEVER_ENDS, "print('end')")
    result = audit(tmp_path / "nb.ipynb", Options(max_runs=2, timeout=120))
    assert (result.verdict, result.runs) == ("inconclusive", 2)
    assert [item.what for item in result.not_compared] == ["everything after nb.ipynb cell[1]"]


def test_one_run_that_fails_ends_the_other(tmp_path: Path) -> None:
    """As soon as that one is beyond the step in which the first one failed."""
    first = baseline("train.py", threads=1).hash
    text = f"import os, time\nif os.environ['PYTHONHASHSEED'] == '{first}': raise ValueError(1)\nx = 1\n{NEVER_ENDS}\n"
    result = audit_script(tmp_path, text, Options(max_runs=2, timeout=120))
    assert (result.verdict, result.reason) == ("inconclusive", result.findings[0].message)
    assert [effect.what for effect in result.findings[0].effects] == ["stderr", "outcome"]
    assert [item.what for item in result.not_compared] == ["everything after train.py:2"]


def test_the_report_does_not_depend_on_who_is_faster(tmp_path: Path) -> None:
    """Runs that are over before anybody looks are compared as far as those that are ended."""
    text = "import random\nprint(random.random())\nprint(random.random())\n"
    result = audit_script(tmp_path, text, Options(max_runs=2))
    assert [item.what for item in result.not_compared] == ["everything after train.py:2"]
    assert [effect.place for finding in result.findings for effect in finding.effects] == ["train.py:2"]
    explained = audit_script(tmp_path, text, Options(max_runs=8))
    assert explained.not_compared == ()


@pytest.mark.parametrize("kind", ["script", "notebook"])
def test_a_written_file_that_differs_is_the_last_step_s(tmp_path: Path, kind: str) -> None:
    """Files are compared when both runs are over: nothing is left out, and nothing fails."""
    statements = ("import random", "open('out.csv', 'w').write(f'a\\n{random.random()}\\n') and None", "print('end')")
    if kind == "script":
        result = audit_script(tmp_path, "\n".join(statements), Options(max_runs=2))
    else:
        write_notebook(tmp_path / "nb.ipynb", *statements)
        result = audit(tmp_path / "nb.ipynb", Options(max_runs=2))
    assert (result.verdict, result.not_compared) == ("inconclusive", ())
    assert [effect.what for finding in result.findings for effect in finding.effects] == ["file out.csv"]


def test_what_a_normaliser_of_the_user_makes_equal_ends_nothing(tmp_path: Path) -> None:
    """The first difference is the first one that counts."""
    text = "import random\nprint('token', random.random())\nprint('draw', random.random())\nprint('end')\n"
    rule = FieldRule(name="token", pattern=r"^token .*", replace="token")
    result = audit_script(tmp_path, text, Options(max_runs=2, normalise=(rule,)))
    assert [item.what for item in result.not_compared] == ["everything after train.py:3"]
    assert [effect.place for finding in result.findings for effect in finding.effects] == ["train.py:3"]


NOISE = """\
    import os, random, time
    x = random.random()
    print(object(), f"{{1 + x * 1e-12:.15f}}")
    y = 1
    while not os.path.exists({looked!r}):
        time.sleep(0.01)
    print("end")
    """


@pytest.mark.parametrize("kind", ["script", "notebook"])
def test_what_does_not_count_ends_nothing(tmp_path: Path, kind: str) -> None:
    """Addresses, noise within tolerance and variables differ on the way, and the runs go on to their end."""
    root, looked = tmp_path / "project", tmp_path / "looked"
    text = NOISE.format(looked=str(looked))
    if kind == "script":
        write(root, {"train.py": text})
        subject = Subject(root=root, path="train.py", kind="script")
    else:
        lines = textwrap.dedent(text).splitlines()
        write_notebook(root / "nb.ipynb", *lines[:4], "\n".join(lines[4:6]), lines[6])
        subject = Subject(root=root, path="nb.ipynb", kind="notebook")
    pairs: list[tuple[Trace, Trace]] = []

    def differ(a: Trace, b: Trace) -> bool:
        if min(len(a.steps), len(b.steps)) >= 4:
            pairs.append((a, b))
            looked.touch()
        return shown(a, b) is not None

    first = baseline(subject.name, threads=1)
    with runner(subject, limits=Limits(run=120)) as executor:
        a, b = executor.run([first, varied(subject.name, first, surroundings())], differ=differ)
    assert [outputs(trace).endswith("end\n") for trace in (a, b)] == [True, True]
    assert [trace.outcome.status for trace in (a, b)] == ["finished", "finished"]
    on_the_way = [{item.value.digest for item in trace.observations if item.what == "stdout"} for trace in pairs[0]]
    assert on_the_way[0] != on_the_way[1]
    assert shown(a, b) is None

"""Scripts run as the user would run them."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from pytest_reprocheck.core.conditions import baseline
from pytest_reprocheck.core.errors import BlockedError
from pytest_reprocheck.core.subjects import Subject
from pytest_reprocheck.execution.limits import Limits
from pytest_reprocheck.execution.running import runner
from tests.execution.helpers import outputs, run_once, write


def script(root: Path, text: str, **options: object) -> Subject:
    write(root, {"jobs/train.py": text})
    return replace(Subject(root=root, path="jobs/train.py", kind="script"), **options)  # type: ignore[arg-type]


def test_arguments_environment_and_folders(tmp_path: Path) -> None:
    """argv, env, the working directory (the root) and the script's own folder first on the path."""
    subject = script(
        tmp_path,
        """\
        import argparse, os, sys, helper
        parser = argparse.ArgumentParser()
        parser.add_argument("--depth", type=int)
        print(parser.parse_args().depth, os.environ["MODE"], os.environ["REPROCHECK"], helper.NAME)
        print(os.path.relpath(__file__), os.path.basename(sys.argv[0]), __name__)
        """,
        args=("--depth", "3"),
        env={"MODE": "fast"},
    )
    write(tmp_path, {"jobs/helper.py": "NAME = 'helper'"})
    assert outputs(run_once(subject)) == "3 fast 1 helper\njobs/train.py train.py __main__\n"


def test_cwd_can_be_the_scripts_own_folder(tmp_path: Path) -> None:
    """The subject's ``cwd`` is taken inside the run's copy."""
    subject = script(
        tmp_path, "import os; print(os.path.basename(os.getcwd()), os.path.exists('train.py'))", cwd="jobs"
    )
    assert outputs(run_once(subject)) == "jobs True\n"


def test_modules_run_as_with_m(tmp_path: Path) -> None:
    """``module`` runs a package's module by its dotted name."""
    write(
        tmp_path,
        {"pkg/__init__.py": "", "pkg/part.py": "X = 1", "pkg/run.py": "from .part import X\nprint(X, __spec__.name)"},
    )
    subject = Subject(root=tmp_path, path="pkg/run.py", kind="script", module="pkg.run")
    assert outputs(run_once(subject)) == "1 pkg.run\n"


def test_steps_cut_the_output(tmp_path: Path) -> None:
    """What is printed belongs to the top-level statement that printed it."""
    trace = run_once(script(tmp_path, "print('one')\nimport sys\nprint('two')\nprint('err', file=sys.stderr)\n"))
    told = [(item.what, item.step, item.value.text) for item in trace.observations if item.value.kind == "text"]
    assert told == [("stdout", 0, "one\n"), ("stdout", 2, "two\n"), ("stderr", 3, "err\n")]
    assert [step.place.line for step in trace.steps] == [1, 2, 3, 4]


@pytest.mark.parametrize(
    ("text", "status", "message", "line"),
    [
        ("def f():\n    return 1 / 0\nf()", "raised", "ZeroDivisionError: division by zero", 2),
        ("x = 1\nraise SystemExit(3)", "exited", "exit code 3", None),
        ("import os\nos._exit(5)", "exited", "exit code 5", 2),
        (
            "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)",
            "died",
            "killed by SIGKILL: by itself, or by the system when memory ran out",
            2,
        ),
        ("x = 1\nwhile True:\n    pass", "timeout", "no end after 3 s; if it needs longer, raise `timeout`", 2),
        ("x = (\n", "raised", "SyntaxError: '(' was never closed", None),
    ],
)
def test_every_end_is_an_outcome(tmp_path: Path, text: str, status: str, message: str, line: int | None) -> None:
    """Exceptions, exit codes, signals and endless loops are told with the user's line or step."""
    outcome = run_once(script(tmp_path, text), timeout=3).outcome
    assert (outcome.status, outcome.message) == (status, message)
    assert line is None or (outcome.place is not None and outcome.place.line == line)
    assert str(Path(__file__).parent) not in outcome.detail


def test_children_that_outlive_the_script_are_ended(tmp_path: Path) -> None:
    """Nothing that a run started is left."""
    marker = tmp_path / "alive"
    late = f"import time, pathlib; time.sleep(2); pathlib.Path({str(marker)!r}).write_text('x')"
    trace = run_once(
        script(tmp_path, f"import subprocess, sys\nsubprocess.Popen([sys.executable, '-S', '-c', {late!r}])\n")
    )
    assert trace.outcome.status == "finished"
    import time

    time.sleep(2.5)
    assert not marker.exists()


def test_a_missing_interpreter_blocks(tmp_path: Path) -> None:
    """The message names what cannot be started and the key to look at."""
    with pytest.raises(BlockedError, match=r"jobs/train\.py: cannot start /no/python"):
        run_once(script(tmp_path, "", python="/no/python"))


def test_other_interpreters_are_probed_by_path(tmp_path: Path) -> None:
    """An interpreter without this package, even isolated from its site-packages, still has the probes."""
    trace = run_once(
        script(tmp_path, "import random\nprint(random.random())", python=sys.executable, env={"PYTHONNOUSERSITE": "1"})
    )
    assert [event.stream for event in trace.events] == ["random"]


def test_conditions_reach_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Zone, locale and instructions are set where they are varied, over all that the caller had; else not at all."""
    for name, value in (("TZ", "UTC"), ("LC_ALL", "C.UTF-8"), ("LANGUAGE", "en")):
        monkeypatch.setenv(name, value)
    names = ("TZ", "LC_ALL", "LANGUAGE", "OPENBLAS_CORETYPE")
    write(tmp_path, {"train.py": f"import os\nprint([os.environ.get(name) for name in {names}])\n"})
    subject = Subject(root=tmp_path, path="train.py", kind="script")
    first = baseline(subject.name, threads=1)
    other = replace(first, timezone="Asia/Tokyo", locale="de_DE.utf8", simd={"OPENBLAS_CORETYPE": "Nehalem"})
    with runner(subject, limits=Limits(run=60)) as executor:
        traces = executor.run([first, other])
    assert [outputs(trace) for trace in traces] == [
        "['UTC', 'C.UTF-8', 'en', None]\n",
        "['Asia/Tokyo', 'de_DE.utf8', None, 'Nehalem']\n",
    ]
    assert [trace.facts["timezone"] for trace in traces] == ["UTC+0000 UTC+0000", "JST+0900 JST+0900"]

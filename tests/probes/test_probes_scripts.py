"""A script under the probes behaves as under plain Python, and its steps, outcome and figures are logged."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from .children import PROBES, environment, run_plain, run_script

SCRIPTS: dict[str, str | bytes] = {
    "namespace": "import sys\nprint(sorted(dir()), __name__, __spec__, __doc__, __package__, __cached__)\n"
    "print(type(__loader__), __loader__.path)\n"
    "print(sys.argv, sys.orig_argv[1:], sys.path, __file__, __builtins__, 'probes' in ' '.join(sys.path))",
    "docstring and future": '"""hello"""\n"more"\nfrom __future__ import annotations\nx: int = 1\n'
    "def f(a: Missing) -> None: ...\nprint(__doc__, __annotations__, f.__annotations__)",
    "chained exception": "def f():\n    try:\n        1/0\n    except Exception as e:\n"
    "        raise ValueError('x') from e\nf()",
    "exit code": "import sys\nsys.exit(3)",
    "exit message": "raise SystemExit('bad')",
    "exit without": "print('a')\nraise SystemExit",
    "syntax error": "x = 1\ndef f(:\n    pass",
    "error of the compiler": "x = 1\nreturn 3",
    "syntax warnings": "x = 3 is 3\nprint('\\d')",
    "interrupt": "raise KeyboardInterrupt",
    "exception group": "raise ExceptionGroup('g', [ValueError(1), TypeError(2)])",
    "except hook": "import sys\ndef hook(kind, value, tb):\n    while tb:\n"
    "        print(kind, tb.tb_frame.f_code.co_filename == __file__, tb.tb_lineno)\n        tb = tb.tb_next\n"
    "sys.excepthook = hook\ndef f(): 1/0\nf()",
    "failing except hook": "import sys\nsys.excepthook = lambda *a: 1/0\nraise ValueError",
    "atexit and threads": "import atexit, threading, time\natexit.register(print, 'bye')\n"
    "def work():\n    time.sleep(.1)\n    print('done')\nthreading.Thread(target=work).start()\nprint('end')",
    "pickle and source": "import pickle, inspect\nfrom dataclasses import dataclass\n@dataclass\nclass A:\n    x: int\n"
    "    def m(self):\n        return 1\n"
    "print(pickle.loads(pickle.dumps(A(3))), inspect.getsource(A.m), inspect.getsourcelines(A))",
    "processes": "import multiprocessing as mp\ndef f(x): return x * x\nif __name__ == '__main__':\n"
    "    for kind in ('spawn', 'fork'):\n"
    "        with mp.get_context(kind).Pool(2) as pool: print(pool.map(f, range(4)))",
    "asyncio": "import asyncio\nasync def main():\n    await asyncio.sleep(0)\n    return 3\n"
    "print(asyncio.run(main()))",
    "argparse": "import argparse\nparser = argparse.ArgumentParser()\n"
    "parser.add_argument('a', type=int)\nparser.parse_args()",
    "encoding cookie": b"# -*- coding: latin-1 -*-\nprint(ascii('\xe9'))",
    "warnings": "import warnings\ndef f(): warnings.warn('x', stacklevel=2)\nf()\nwarnings.warn('y')",
    "decorated": "def d(f): return f\n@d\n@d\ndef g(): raise RuntimeError('q')\ng()",
    "errors below the probes": "import random, traceback\nrandom.seed(0)\ntry:\n    random.seed({})\n"
    "except TypeError:\n    traceback.print_exc()\nimport numpy as np\nnp.random.seed(-1)",
    "error in an estimator": "import numpy as np\nfrom sklearn.linear_model import LinearRegression\n"
    "LinearRegression().fit(np.eye(3), [1, 2])",
    "raw output": "import os\nos.write(1, b'raw\\n')\nos.system('echo hi')\nos.closerange(3, 64)\nx = 1\nprint(x)",
    "empty": "",
}


@pytest.mark.parametrize("source", SCRIPTS.values(), ids=SCRIPTS)
def test_behaves_as_under_plain_python(tmp_path: Path, source: str | bytes) -> None:
    """Exit code, standard output and standard error are those of ``python train.py``, byte for byte."""
    child = run_script(tmp_path / "project", source, args=["--fast", "x y"])
    assert (child.code, child.stdout, child.stderr) == run_plain(tmp_path / "project", "--fast", "x y")
    assert child.not_compared == []


def test_module_behaves_as_under_plain_python(tmp_path: Path) -> None:
    """``python -m package`` and ``python -m package.module``, working or failing, look the same too."""
    package = tmp_path / "project" / "package"
    package.mkdir(parents=True)
    source = "import sys\nfrom . import part\n"
    source += "print(__name__, __spec__.name, __package__, sys.argv, sys.path[0], part.x)\n1/0"
    for name, text in {"__init__.py": "", "part.py": "x = 1", "__main__.py": source, "other.py": source}.items():
        (package / name).write_text(text)
    for module in ("package", "package.other", "package.missing"):
        child = run_script(tmp_path / "project", name="package/__main__.py", module=module, args=["-v"])
        assert (child.code, child.stdout, child.stderr) == run_plain(tmp_path / "project", module, "-v", name="-m")


def test_missing_script_is_reported_as_by_python(tmp_path: Path) -> None:
    """A script that is not there ends with Python's own message and exit code."""
    child = run_script(tmp_path / "project")
    assert (child.code, child.stdout, child.stderr) == run_plain(tmp_path / "project")


def test_steps_are_the_top_level_statements(tmp_path: Path) -> None:
    """Each statement that runs is a step at its first line, decorators included; docstring and future imports not."""
    source = '"""doc"""\nfrom __future__ import annotations\nx = 1\n@str\ndef f(): ...\n'
    source += "for i in range(3):\n    x += i\nprint(x)"
    child = run_script(tmp_path / "project", source)
    assert [(step.index, str(step.place)) for step in child.steps] == [
        (0, "train.py:3"),
        (1, "train.py:4"),
        (2, "train.py:6"),
        (3, "train.py:8"),
    ]
    assert [(one.step, one.what) for one in child.observations] == [
        (0, "variable x"),
        (1, "variable f"),
        (2, "variable x"),
        (2, "variable i"),
    ]
    assert child.lines[0]["facts"]["seed"] == "applied"
    assert child.lines[-1]["type"] == "end"


def test_a_forked_child_that_runs_on_has_no_steps(tmp_path: Path) -> None:
    """After ``os.fork`` at top level both processes run the rest of the script; only the first logs steps."""
    source = "import os\nchild = os.fork() == 0\nif not child:\n    os.wait()\nx = 1\nraise SystemExit(4 * child)\n"
    child = run_script(tmp_path / "project", source)
    assert list(child.logs) == ["main.jsonl"]
    assert [step.place.line for step in child.steps] == [1, 2, 3, 5, 6]
    assert child.outcome is None


def test_steps_tell_what_was_printed(tmp_path: Path) -> None:
    """Where standard output is a file, a step's line has its size when the step started."""
    child = run_script(tmp_path / "project", "print('a')\nprint('bc')\n")
    assert [line["stdout"] for line in child.of_type("step")] == [None, None]
    child_json = next(iter(sorted(tmp_path.glob("log0/child.json"))))
    (tmp_path / "log0" / "main.jsonl").unlink()
    with (tmp_path / "out").open("wb") as out:
        subprocess.run([sys.executable, PROBES / "run_script.py"], stdout=out, env=environment(child_json), check=True)
    text = (tmp_path / "log0" / "main.jsonl").read_text()
    assert [part.split(",")[0].split("}")[0] for part in text.split('"stdout": ')[1:]] == ["0", "2", "2", "5"]


def test_outcome_names_the_users_line(tmp_path: Path) -> None:
    """An exception's outcome has its last line, the user's innermost line and the traceback that was printed."""
    source = "import helper\nimport json\nhelper.work(json)"
    project = tmp_path / "project"
    project.mkdir()
    (project / "helper.py").write_text("def work(json):\n    json.loads('{')\n")
    child = run_script(project, source)
    outcome = child.outcome
    assert outcome is not None
    assert (outcome.status, str(outcome.place), outcome.exit_code) == ("raised", "helper.py:2", 1)
    assert outcome.message.startswith("json.decoder.JSONDecodeError: Expecting")
    assert outcome.detail == child.stderr
    exited = run_script(project, "import sys\nsys.exit('no data')").outcome
    assert exited is not None
    assert (exited.status, exited.message, exited.exit_code) == ("exited", "no data", 1)
    assert run_script(project, "raise SystemExit(0)").outcome is None


def test_reached_files_packages_and_figures(tmp_path: Path) -> None:
    """The end tells user files that ran and distributions that were imported; open figures are kept as pictures."""
    project = tmp_path / "project"
    (project / "lib").mkdir(parents=True)
    (project / "lib" / "part.py").write_text("import yaml\n")
    (project / "unused.py").write_text("")
    source = "import lib.part\nimport matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.figure(7)\nplt.close(7)\n"
    child = run_script(project, source)
    end = child.of_type("end")[-1]
    assert end["reached"] == ["lib/part.py", "train.py"]
    assert {"PyYAML", "matplotlib", "numpy", "pillow"} <= set(end["packages"])
    assert not {"xxhash", "setuptools", "pytest"} & set(end["packages"])
    figures = [one for one in child.observations if one.aspect == "outputs"]
    assert [one.what for one in figures] == ["figure 1"]
    assert figures[0].value.kind == "image"
    assert (child.blobs / str(figures[0].value.blob)).read_bytes().startswith(b"\x89PNG")


def test_a_failing_start_does_not_stop_the_script(tmp_path: Path) -> None:
    """Where the probes cannot start, the script runs and the log says why; without any log it runs too."""
    run_script(tmp_path / "project", "print('ran')")
    child_json = tmp_path / "log0" / "child.json"
    child_json.write_text(child_json.read_text().replace('"kind"', '"sort"'))
    (tmp_path / "log0" / "main.jsonl").unlink()
    command = [sys.executable, str(PROBES / "run_script.py")]
    done = subprocess.run(command, env=environment(child_json), capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("ran\n", "")
    lines = [json.loads(line) for line in (tmp_path / "log0" / "main.jsonl").read_text().splitlines()]
    assert lines[-1]["facts"]["seed"] == "KeyError: 'kind'"
    gone = run_script(tmp_path / "project", "print('ran')", log=str(tmp_path / "gone"))
    assert (gone.code, gone.stdout) == (0, "ran\n")


def test_a_hidden_sitecustomize_still_runs(tmp_path: Path) -> None:
    """The ``sitecustomize`` that the probes' own one hides is imported under its name."""
    run_script(tmp_path / "project", "")
    (tmp_path / "sitecustomize.py").write_text("mark = 'theirs'")
    env = environment(tmp_path / "log0" / "child.json")
    env["PYTHONPATH"] += f":{tmp_path}"
    code = "import sys, sitecustomize\nprint(sitecustomize.mark, any('startup' in entry for entry in sys.path))"
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True)
    assert done.stdout == "theirs False\n"

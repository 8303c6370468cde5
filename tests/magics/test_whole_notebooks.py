"""``%reproaudit`` in a live kernel: what it finds, shows and gives, and that it leaves the session alone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.magics.kernels import LiveKernel, live_kernel, write_notebook

FAULTY = (
    "%load_ext pytest_reprocheck",
    "import random",
    "score = random.random()\nprint(f'score {score:.6f}')",
    "result = %reproaudit",
    "result.verdict",
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("open")
    write_notebook(folder / "draws.ipynb", FAULTY)
    write_notebook(folder / "sound.ipynb", ["%load_ext pytest_reprocheck", "%%reproaudit\nx = 1", "print(x)"])
    (folder / "notes.txt").touch()
    write_notebook(folder / "other.ipynb", ["x <- 1"], kernel="no-such-kernel", language="R")
    return folder


@pytest.fixture(scope="module")
def kernel(folder: Path) -> Iterator[LiveKernel]:
    with live_kernel(folder, JPY_SESSION_NAME="draws.ipynb") as found:
        found.run("%load_ext pytest_reprocheck", "c0")
        yield found


def test_the_open_notebook_is_audited_and_shown(kernel: LiveKernel) -> None:
    """Verdict, line, both values and remedy, as HTML and as text, with progress before; the Audit is given."""
    kernel.run(FAULTY[1], "c1")
    kernel.run(FAULTY[2], "c2")
    shown = kernel.run("result = %reproaudit", "c3")
    assert shown.reply["status"] == "ok", shown.text
    assert len(shown.outputs) == 1
    assert shown.text.startswith("draws.ipynb: nondeterministic (1 confirmed)\nunseeded-random  cell[2]:1")
    assert any("run A: cell 5 of 5" in text and "run B: cell " in text for text in shown.updates)
    assert 'href="draws.ipynb#cell-id=c2">cell[2]:1, In [3]</a>' in shown.html
    assert "random.seed(0)" in shown.html
    assert "edited" not in shown.text
    assert kernel.value("result.verdict, type(result).__name__") == "('nondeterministic', 'Audit')"


def test_a_last_value_is_shown_once_and_later_again(kernel: LiveKernel) -> None:
    """``%reproaudit`` as a cell's last line has one output; an Audit evaluated later has its report too."""
    shown = kernel.run("again = %reproaudit sound.ipynb\nagain")
    assert len(shown.outputs) == 1
    later = kernel.run("again")
    assert later.outputs[0]["output_type"] == "execute_result"
    assert "Runs under different conditions gave the same results." in later.html
    assert later.text.startswith("sound.ipynb  reproducible  2 runs")


def test_reports_are_marked_as_no_results(kernel: LiveKernel) -> None:
    """An output with a report says so in its metadata, which keeps it from being compared when it is saved."""
    shown = kernel.run("%reproaudit sound.ipynb")
    assert [output["metadata"] for output in shown.outputs] == [{"reprocheck": {}}]


def test_reports_that_were_saved_are_not_stale(kernel: LiveKernel, folder: Path) -> None:
    """Inside of an audit, the magics show nothing, as nothing of what they showed before is compared."""
    file = folder / "kept.ipynb"
    write_notebook(file, ["%load_ext pytest_reprocheck", "%reproaudit seeds", "%reproaudit sound.ipynb"])
    notebook = json.loads(file.read_text(encoding="utf-8"))
    for count, cell in enumerate(notebook["cells"][1:], 2):
        cell["outputs"] = [
            {key: value for key, value in output.items() if key != "transient"}
            for output in kernel.run("".join(cell["source"])).outputs
        ]
        cell["execution_count"] = count
    file.write_text(json.dumps(notebook), encoding="utf-8")
    assert [len(cell["outputs"]) for cell in notebook["cells"]] == [0, 1, 1]
    assert kernel.run("%reproaudit kept.ipynb").text.startswith("kept.ipynb  reproducible")


def test_executions_that_the_file_lacks_are_named(folder: Path) -> None:
    """Edited cells by their place, deleted or new ones by their text; superseded executions and the magics are not."""
    write_notebook(folder / "edited.ipynb", ["a = 1", "b = 2"])
    with live_kernel(folder, JPY_SESSION_NAME=str(folder / "edited.ipynb")) as kernel:
        kernel.run("%load_ext ipython_ext")
        for code, cell in (("a = 0", "c0"), ("a = 1", "c0"), ("b = 3", "c1"), ("gone = 4", "c9")):
            kernel.run(code, cell)
        text = kernel.run("%reproaudit").text
    assert text.startswith("edited.ipynb  reproducible")
    assert "In [4] (b = 3) ran with another text than cell[1] of the file: edited or not\n" in text
    assert "In [5] (gone = 4) ran, and the file has no such cell: edited, deleted or not" in text
    assert "In [2]" not in text
    assert "In [1]" not in text


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("%reproaudit nowhere.ipynb", "nowhere.ipynb: no such file. Name it: %reproaudit NOTEBOOK.ipynb"),
        ("%reproaudit notes.txt", "notes.txt: is no notebook. %reproaudit audits files that end in .ipynb"),
        ("%reproaudit --wary all", "unrecognized arguments: --wary"),
        ("%reproaudit --vary=moon", "moon"),
        ("%reproaudit 'open", "No closing quotation"),
        ("%reproaudit --session sound.ipynb", "takes no notebook"),
    ],
)
def test_wrong_input_is_one_sentence_and_harms_nothing(kernel: LiveKernel, line: str, told: str) -> None:
    """The cell fails with a sentence, no traceback of ours, and the session goes on."""
    shown = kernel.run(line)
    assert shown.reply["status"] == "error"
    assert told in shown.text
    assert "Traceback" not in shown.text
    assert "File" not in shown.text
    assert kernel.value("1 + 1") == "2"


def test_a_notebook_of_another_language_is_blocked_by_its_kernel(kernel: LiveKernel) -> None:
    """What is missing here is a verdict, and says what to install."""
    shown = kernel.run("%reproaudit other.ipynb")
    assert shown.reply["status"] == "ok"
    assert "other.ipynb: blocked" in shown.text
    assert "no-such-kernel" in shown.text


def test_without_a_front_end_that_tells_the_notebook_it_is_asked_for(folder: Path) -> None:
    """VS Code's variable and Jupyter's are looked at; without either the sentence says what to write."""
    with live_kernel(folder, JPY_SESSION_NAME="") as kernel:
        kernel.run("%load_ext pytest_reprocheck")
        assert "which notebook is open. Name it: %reproaudit NOTEBOOK.ipynb" in kernel.run("%reproaudit").text
        kernel.run(f"__vsc_ipynb_file__ = {str(folder / 'sound.ipynb')!r}")
        assert kernel.run("%reproaudit").text.startswith("sound.ipynb  reproducible")


def test_an_interrupt_ends_the_runs_and_not_the_session(kernel: LiveKernel, folder: Path) -> None:
    """One sentence; no process of the audit is left, variables are as they were."""
    write_notebook(folder / "endless.ipynb", ["open('begun', 'w').close()\nwhile True: pass"])
    kernel.run("kept = 41")
    asked = kernel.begin("%reproaudit endless.ipynb")
    messages = kernel.published(asked)
    early = []
    for message in messages:
        early.append(message)
        if "cell 1 of 1" in message["content"].get("data", {}).get("text/plain", ""):
            kernel.manager.interrupt_kernel()
            break
    shown = kernel.finish(asked, (item for source in (early, messages) for item in source))
    assert shown.reply["status"] == "error"
    assert "%reproaudit was interrupted: its runs were ended, and there is no verdict." in shown.text
    assert kernel.value("kept + 1") == "42"
    left = "import subprocess; print(subprocess.run(['pgrep', '-P', str(__import__('os').getpid())]).stdout)"
    assert kernel.run(left).text.strip() == "None"
    assert not (folder / "begun").exists()

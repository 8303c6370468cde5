"""``docs/limits.md``: each of these limits is still one, and has the consequence that the page names."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_reprocheck import Audit, Options, Subject, audit
from pytest_reprocheck.execution import copying, limits, outputs
from pytest_reprocheck.probes import blobs, fits, state
from tests.docs.pages import read

PAGE = "docs/limits.md"
WORDS = 'names = {"age", "city", "plan", "tenure", "usage", "region"}\n'


def audit_of(folder: Path, text: str, options: Options | None = None) -> Audit:
    """The audit of a script, with remedies untried."""
    (folder / "script.py").write_text(text, encoding="utf-8")
    subject = Subject(root=folder, path="script.py", kind="script")
    return audit(subject, options or Options(try_remedies=False))


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("import time\nprint(time.time_ns())\n", id="clock"),
        pytest.param(
            "import ctypes\nbits = ctypes.create_string_buffer(8)\nctypes.CDLL(None).getentropy(bits, 8)\n"
            "print(int.from_bytes(bits.raw))\n",
            id="native generator",
        ),
    ],
)
def test_what_no_factor_controls_is_unexplained(tmp_path: Path, text: str) -> None:
    """It differs when it is run again, and its cause is not named."""
    found = audit_of(tmp_path, text)
    assert found.verdict == "nondeterministic"
    assert [(finding.cause, finding.confirmed) for finding in found.findings] == [("unexplained", False)]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(WORDS + "from pathlib import Path\nPath('columns.txt').write_text(','.join(names))\n", id="files"),
        pytest.param("import random\nx = random.random()\n", id="variables alone"),
    ],
)
def test_what_reaches_no_output_is_not_noticed(tmp_path: Path, text: str) -> None:
    """Files that a run writes are not compared, and a variable alone does not count."""
    assert audit_of(tmp_path, text).verdict == "reproducible"


def test_absolute_paths_are_not_guarded(tmp_path: Path) -> None:
    """Each run writes there, and can know that it is audited."""
    written = tmp_path / "written.txt"
    project = tmp_path / "project"
    project.mkdir()
    text = f"import os\nwith open({str(written)!r}, 'a') as file:\n    file.write(os.environ['REPROCHECK'])\n"
    assert audit_of(project, text).verdict == "reproducible"
    assert written.read_text(encoding="utf-8") == "11"
    assert not [path.name for path in project.iterdir() if path.name != "script.py"]


def test_modules_outside_the_project_are_no_user_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A draw in one is located at the line that leads there; a set in one is told by the factor, not located in it."""
    (tmp_path / "outside").mkdir()
    (tmp_path / "project").mkdir()
    (tmp_path / "outside" / "helper.py").write_text(
        "import random\ndef pick(): return random.sample(range(99), 3)\ndef columns(names): return list(set(names))\n",
        encoding="utf-8",
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "outside"))
    # So many that they keep their order by chance once in ten thousand hash seeds or less.
    names = ["age", "city", "plan", "tenure", "usage", "region", "charge", "churned", "contract", "support"]
    text = f"import helper\nprint(helper.pick())\nprint(helper.columns({names}))\n"
    found = audit_of(tmp_path / "project", text)
    assert {(finding.cause, str(finding.location)) for finding in found.findings} == {
        ("unseeded-random", "script.py:2"),
        ("hash-order", "script.py:3"),
    }


def test_scripts_have_no_standard_input(tmp_path: Path) -> None:
    """A script that asks gets the end of the file."""
    found = audit_of(tmp_path, "print(input())\n")
    assert (found.verdict, "EOFError" in found.reason) == ("failed", True)


def test_sizes_are_those_of_the_code() -> None:
    """The page's numbers are the constants."""
    page = " ".join(read(PAGE).split())
    assert f"at most {copying.MAX_BYTES >> 30} GiB and {copying.MAX_FILES:,} files" in page
    assert f"A variable of more than {state._MOST_VISITS:,} parts" in page
    array, variable, run = (size >> 20 for size in (blobs.ARRAY_LIMIT, state._BLOB_LIMIT, blobs.RUN_LIMIT))
    assert f"Arrays above {array} MiB ({variable} MiB for variables), and all above {run} MiB a run" in page
    step, stream, printed = (size >> 20 for size in (outputs.STEP_ROOM, outputs.RUN_ROOM, limits.MAX_PRINTED))
    assert f"{step} Mi characters are kept, and of a stream {stream} Mi in all" in page
    assert f"displays more than {printed} MiB is ended" in page
    assert f"Of more than {fits.FULL_RECORDS} calls of one method" in page

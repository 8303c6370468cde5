"""``docs/limits.md``: each of these limits is still one, and has the consequence that the page names."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from pytest_reprocheck import Audit, Options, Subject, audit
from pytest_reprocheck.auditing import this_machine
from pytest_reprocheck.execution import copying, limits, outputs
from pytest_reprocheck.probes import blobs, fits, state
from tests.docs.pages import read

PAGE = "docs/limits.md"


def audit_of(folder: Path, text: str, options: Options | None = None) -> Audit:
    """The audit of a script, with remedies untried."""
    (folder / "script.py").write_text(text, encoding="utf-8")
    subject = Subject(root=folder, path="script.py", kind="script")
    return audit(subject, options or Options(try_remedies=False))


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(
            "import subprocess\nprint(subprocess.run(['date', '+%s%N'], capture_output=True, text=True).stdout)\n",
            id="clock of another program",
        ),
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


def test_what_reaches_no_output_is_not_noticed(tmp_path: Path) -> None:
    """A variable alone does not count."""
    assert audit_of(tmp_path, "import random\nx = random.random()\n").verdict == "reproducible"


@pytest.fixture
def outside(tmp_path: Path) -> Iterator[Path]:
    """A folder that no run has to itself: neither in the project nor in /tmp."""
    with TemporaryDirectory(dir="/var/tmp") as place:
        yield Path(place)


APPENDING = "import os\nwith open({!r}, 'a') as file:\n    file.write(os.environ['REPROCHECK'])\n"


def test_absolute_paths_are_not_guarded(tmp_path: Path, outside: Path) -> None:
    """Each run writes there, and can know that it is audited."""
    written = outside / "written.txt"
    assert audit_of(tmp_path, APPENDING.format(str(written))).verdict == "reproducible"
    assert written.read_text(encoding="utf-8") == "11"
    assert not [path.name for path in tmp_path.iterdir() if path.name != "script.py"]


def test_runs_in_an_overlay_do_not_share_the_temporary_folder(outside: Path) -> None:
    """What they write to /tmp by its name goes with them."""
    if not this_machine().overlay:
        pytest.skip("no overlays here")
    with TemporaryDirectory(dir="/tmp") as place:
        written = Path(place, "written.txt")
        assert audit_of(outside, APPENDING.format(str(written))).verdict == "reproducible"
        assert not written.exists()


def test_copies_are_kept_from_the_original(tmp_path: Path) -> None:
    """An absolute path into the project leads to the original, where nothing can be written."""
    machine = this_machine()
    if not (machine.mounts or machine.landlock):
        pytest.skip("nothing here protects the original")
    text = APPENDING.format(str(tmp_path / "written.txt"))
    found = audit_of(tmp_path, text, Options(workspace="copy"))
    assert (found.verdict, found.workspace) == ("failed", "copy")
    assert not (tmp_path / "written.txt").exists()


def test_runs_in_place_find_what_the_one_before_left(tmp_path: Path) -> None:
    """They write to the user's tree, and what differs for that is not explained."""
    text = "import os\nprint(os.path.exists('left.txt'))\nopen('left.txt', 'w').close()\n"
    found = audit_of(tmp_path, text, Options(workspace="in-place", vary=("hash",)))
    assert (found.verdict, found.workspace) == ("nondeterministic", "in-place")
    assert [finding.cause for finding in found.findings] == ["unexplained"]
    assert (tmp_path / "left.txt").exists()


def test_what_the_machine_has_no_other_value_for_is_ineffective(tmp_path: Path) -> None:
    """As the path of a checkout where there is no overlay."""
    found = audit_of(tmp_path, "print(1)\n", Options(workspace="copy", vary=("directory",)))
    assert found.factors["directory"].status == "ineffective"


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

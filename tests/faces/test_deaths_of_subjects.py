"""A subject that dies fails by itself: the others are audited as if it was not there."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from tests.conftest import notebook

SUBJECTS = {
    "a_crash.py": "import ctypes\nctypes.string_at(0)\n",
    "b_sound.py": "print(1)\n",
    "c_dead.ipynb": notebook("x = 1", "import os\nos._exit(3)"),
    "d_endless.py": "x = 1\nsum(range(10**13))\n",
    "e_sound.ipynb": notebook("print(1)"),
}


def test_other_subjects_finish(tmp_path: Path) -> None:
    """Each of the dead ones has its reason, with step and advice."""
    for name, text in SUBJECTS.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    (tmp_path / "pytest.ini").touch()
    options = ["-pno:nbval", "-pno:xdist", "-pno:randomly", "--reprocheck", "--reprocheck-json=report.json"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options, "--reprocheck-timeout=8", *SUBJECTS],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    report = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    told = {subject["path"]: (subject["verdict"], subject["reason"]) for subject in report["subjects"]}
    crash = "killed by SIGSEGV: a crash in compiled code; `python -X faulthandler` shows the line"
    assert told == {
        "a_crash.py": ("failed", f"a_crash.py:2: {crash}"),
        "b_sound.py": ("reproducible", ""),
        "c_dead.ipynb": ("failed", "c_dead.ipynb cell[1]: the kernel died: exit code 3"),
        "d_endless.py": ("failed", "d_endless.py:2: no end after 8 s; if it needs longer, raise `timeout`"),
        "e_sound.ipynb": ("reproducible", ""),
    }

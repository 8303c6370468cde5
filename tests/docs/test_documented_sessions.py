"""Commands in the documentation, run as they stand in a folder with the files that their page shows."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.docs.pages import PAGES, ROOT, Command, files, missing_line, sessions

RUN = [
    pytest.param(page, commands, id=f"{page}-{number}")
    for page in PAGES
    for number, commands in enumerate(sessions(page))
    if any(command.arguments for command in commands)
]


@pytest.mark.parametrize(("page", "commands"), RUN)
def test_a_session_prints_what_the_page_shows(page: str, commands: list[Command], tmp_path: Path) -> None:
    """Its lines come in their order; numbers and spaces apart."""
    for name, text in files(page).items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    (tmp_path / "pytest.ini").touch()
    if any("examples/" in command.text for command in commands):
        shutil.copytree(ROOT / "examples", tmp_path / "examples", ignore=shutil.ignore_patterns("__pycache__"))
    for command in commands:
        if command.arguments is not None:
            assert_shows(command, tmp_path)


def assert_shows(command: Command, folder: Path) -> None:
    """Run a command and compare."""
    assert command.arguments is not None
    done = subprocess.run(
        command.arguments,
        cwd=folder,
        env={name: value for name, value in os.environ.items() if not name.startswith("PYTEST")} | {"COLUMNS": "80"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    missing = missing_line(command.output, done.stdout)
    assert missing is None, f"$ {command.text}\nnot found: {missing}\n{done.stdout}{done.stderr}"


def test_lines_are_compared_in_order_without_numbers() -> None:
    """The comparison itself: gaps only where the page has them, nothing after the end unless it says so."""
    printed = "=== a ===\nb 12.5 s\n\nc\nd\n"
    assert missing_line("== a ==\nb 3 s\nc\nd\n", printed) is None
    assert missing_line("...\nc\n...\n", printed) is None
    assert missing_line("...\nd\nc\n...\n", printed) == "c"
    assert missing_line("a\nc\n...\n", printed) == "c"
    assert missing_line("a\nb 1 s\n", printed) == "(the end, not 'c')"
    assert missing_line("a\nbb 1 s\n...\n", printed) == "bb 1 s"

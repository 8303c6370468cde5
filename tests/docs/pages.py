"""The documentation's pages, taken apart: code blocks, commands with their output, tables."""

from __future__ import annotations

import re
import shlex
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted(["README.md", "CHANGELOG.md", "CONTRIBUTING.md", "tests/README.md"]) + sorted(
    page.relative_to(ROOT).as_posix() for page in [*(ROOT / "docs").glob("*.md"), *(ROOT / "docs/recipes").glob("*.md")]
)

_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_FILE = re.compile(r"# ([\w.]+\.\w+)\n")
_NUMBER = re.compile(r"\d+(?:\.\d+)?")
ANYTHING = "..."


@dataclass(frozen=True, kw_only=True, slots=True)
class Command:
    """A command with the output below it."""

    text: str
    """What follows the ``$``."""
    output: str

    @property
    def arguments(self) -> list[str] | None:
        """What to run, with this interpreter; None for what tests do not run (installing, chained commands)."""
        words = shlex.split(self.text)
        if "&&" in words:
            return None
        match words:
            case ["pytest", _, *_]:
                return [sys.executable, "-m", *words]
            case ["reprocheck", *rest]:
                return [str(Path(sys.executable).with_name("reprocheck")), *rest]
            case ["python", name] if name.endswith(".py"):
                return [sys.executable, name]
            case _:
                return None


def read(page: str) -> str:
    """A page's text."""
    return (ROOT / page).read_text(encoding="utf-8")


def blocks(page: str, language: str) -> list[str]:
    """The fenced blocks of a language, in order."""
    return [text for found, text in _BLOCK.findall(read(page)) if found == language]


def files(page: str) -> dict[str, str]:
    """Files that the page's Python blocks are: name -> text."""
    return {match[1]: text for text in blocks(page, "python") if (match := _FILE.match(text))}


def sessions(page: str) -> list[list[Command]]:
    """The commands of each console block."""
    return [list(_commands(text)) for text in blocks(page, "console")]


def _commands(block: str) -> Iterator[Command]:
    for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
        text, _, output = part.partition("\n")
        yield Command(text=text, output=output)


def missing_line(expected: str, printed: str) -> str | None:
    """The first expected line that does not come where it should; None when the output is as expected.

    ``...`` stands for any lines. Other lines must follow each other as they do in the page, without regard to numbers
    and widths of spaces.
    """
    lines = [masked for line in printed.splitlines() if (masked := _masked(line))]
    at, anywhere = 0, False
    for line in expected.splitlines():
        wanted = _masked(line)
        if wanted == ANYTHING:
            anywhere = True
            continue
        if not wanted:
            continue
        found = next((number for number in range(at, len(lines)) if lines[number] == wanted), None)
        if found is None or (found != at and not anywhere):
            return line
        at, anywhere = found + 1, False
    return None if anywhere or at == len(lines) else f"(the end, not {lines[at]!r})"


def _masked(line: str) -> str:
    return " ".join(_NUMBER.sub("0", re.sub(r"_{2,}|={2,}|\.{5,}", "", line)).split())


def table(page: str, first: str) -> list[list[str]]:
    """The rows of the table whose first column has this heading, without backticks."""
    lines = read(page).splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith(f"| {first} |"))
    rows = []
    for line in lines[start + 2 :]:
        if not line.startswith("|"):
            break
        rows.append([cell.strip().replace("`", "") for cell in line.strip("|").split(" |")])
    return rows


def section(page: str, heading: str) -> str:
    """The text below a heading, up to the next heading of any level."""
    match = re.search(rf"^#+ {re.escape(heading)}\n(.*?)(?=^#|\Z)", read(page), re.MULTILINE | re.DOTALL)
    assert match is not None, heading
    return match[1]

"""What stands behind ``%reproaudit`` and ``%%reproaudit``."""

from __future__ import annotations

import argparse
import shlex
from dataclasses import dataclass, field
from typing import NoReturn, get_args

from pytest_reprocheck.config import Overrides, parse_flags
from pytest_reprocheck.core.errors import ConfigError
from pytest_reprocheck.core.executions import Part

_VALUES = {
    "vary": "factors to vary, or: default, hardware",
    "max-runs": "runs for finding and explaining",
    "budget": "time for the explaining runs",
    "timeout": "time that one run may take",
    "cell-timeout": "time that one cell may take",
    "memory": "memory that a process may take",
    "workspace": "auto, overlay, copy or in-place",
    "allow-writes": "hosts that each run may change something on",
}
_OF_CELLS = ("max-runs", "budget", "timeout", "allow-writes", "vary")


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """What the user wants."""

    notebook: str = ""
    """Path; empty for the open one."""
    session: bool = False
    """Whether the live session is looked at, and nothing is run."""
    part: Part | None = None
    """The one part of it that is shown; None for all."""
    flags: Overrides = field(default_factory=Overrides)


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise ConfigError(message, where=self.prog, hint="%reproaudit --help lists what it takes")


def parse_line(line: str) -> Asked | str:
    """The arguments of ``%reproaudit``, or the help that was asked for; raises ConfigError for wrong ones."""
    parser = _parser("%reproaudit", "Is the open notebook reproducible, and if not, why?", tuple(_VALUES))
    parser.add_argument("notebook", nargs="?", default="", help="a notebook (the open one); or: seeds, env, data")
    parser.add_argument("--session", action="store_true", help="look at the live session; nothing is run")
    parsed = _parsed(parser, line)
    if isinstance(parsed, str):
        return parsed
    if parsed.notebook in get_args(Part):
        return Asked(session=True, part=parsed.notebook)
    if parsed.session and parsed.notebook:
        raise ConfigError("--session looks at this session, and takes no notebook", where="%reproaudit")
    return Asked(notebook=parsed.notebook, session=parsed.session, flags=_flags(parsed))


def parse_cell_line(line: str) -> Asked | str:
    """The arguments of ``%%reproaudit``, as ``parse_line`` gives them."""
    parser = _parser("%%reproaudit", "Run this cell several times in forked copies of this session.", _OF_CELLS)
    parsed = _parsed(parser, line)
    return parsed if isinstance(parsed, str) else Asked(flags=_flags(parsed))


def _parser(name: str, about: str, values: tuple[str, ...]) -> _Parser:
    parser = _Parser(prog=name.replace("%", "%%"), description=about.replace("%", "%%"), add_help=False)
    parser.prog = name
    parser.add_argument("--help", "-h", action="store_true", help="this text")
    for value in values:
        parser.add_argument(f"--{value}", help=_VALUES[value])
    return parser


def _parsed(parser: _Parser, line: str) -> argparse.Namespace | str:
    try:
        words = shlex.split(line)
    except ValueError as error:
        raise ConfigError(f"{error}", where=parser.prog) from error
    parsed = parser.parse_args(words)
    return parser.format_help() if parsed.help else parsed


def _flags(parsed: argparse.Namespace) -> Overrides:
    given = {name: getattr(parsed, name.replace("-", "_"), None) for name in _VALUES}
    return parse_flags(given, "--")

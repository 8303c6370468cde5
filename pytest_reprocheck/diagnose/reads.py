"""Where user code reads its surroundings in ways that leave no event, found by reading the code that ran."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping, Sequence

from pytest_reprocheck.core.conditions import FactorName
from pytest_reprocheck.core.sources import Unit
from pytest_reprocheck.diagnose.parsing import callee, enclosing_functions, parse, place_of
from pytest_reprocheck.diagnose.unordered import Candidate

_CALLS: Mapping[FactorName, frozenset[str]] = {
    "timezone": frozenset(
        {
            "astimezone", "asctime", "ctime", "fromtimestamp", "get_localzone", "localtime", "mktime", "now",
            "strftime", "timestamp", "today", "tz_localize", "tzlocal",
        }
    ),
    "locale": frozenset(
        {
            "atof", "atoi", "currency", "day_name", "format_string", "getdefaultlocale", "getlocale", "localeconv",
            "month_name", "setlocale", "strcoll", "strftime", "strptime", "strxfrm",
        }
    ),
    "cpus": frozenset({"cpu_count", "process_cpu_count", "sched_getaffinity"}),
    "threads": frozenset(
        {"get_max_threads", "get_num_threads", "mkl_get_max_threads", "omp_get_max_threads", "threadpool_info"}
    ),
    "network": frozenset(
        {
            "HTTPConnection", "HTTPSConnection", "create_connection", "getaddrinfo", "gethostbyname", "if_nameindex",
            "net_if_addrs", "net_if_stats", "urlopen", "urlretrieve",
        }
    ),
    "directory": frozenset({"absolute", "abspath", "cwd", "getcwd", "getcwdb", "realpath", "resolve"}),
}  # fmt: skip
"""Factor -> names of functions and methods that read what it varies."""
_ATTRIBUTES: Mapping[FactorName, frozenset[str]] = {
    "timezone": frozenset({"altzone", "timezone", "tzname"}),
    "locale": frozenset({"day_abbr", "day_name", "month_abbr", "month_name"}),
}
_NAMES: Mapping[FactorName, frozenset[str]] = {"directory": frozenset({"__file__"})}
_TEXTS: Mapping[FactorName, re.Pattern[str]] = {
    "directory": re.compile(r"(?:/[^/\s]+){2,}|[A-Za-z]:[\\/].+"),
    "network": re.compile(r"/proc/net/.*|/sys/class/net(?:/.*)?"),
}
"""Factor -> texts that are a path to what it varies."""


def find_reads(units: Sequence[Unit], factor: FactorName) -> tuple[Candidate, ...]:
    """Expressions of the user's code that may read what a factor varies, in the order of units and lines."""
    found = []
    for unit in units:
        tree = parse(unit)
        if tree is None:
            continue
        functions = enclosing_functions(tree)
        targets = _targets(tree)
        found += [
            Candidate(
                place=place_of(unit, node),
                function=functions.get(node, "<module>"),
                targets=targets.get(node.lineno, ()),
                text=unit.line(node.lineno),
                kind=factor,
            )
            for node in ast.walk(tree)
            if isinstance(node, ast.expr) and _reads(node, factor)
        ]
    return tuple(found)


_CHOOSES = frozenset({"setlocale", "getlocale", "getdefaultlocale"})
_SPELLED = re.compile(r"%[-_0^#]?[aAbBhcxXpr]")
"""Formats of times that are spelled as the locale has it."""


def spelled_by_locale(units: Sequence[Unit]) -> tuple[Candidate, ...]:
    """Expressions that spell something as the locale has it, once it was chosen: they leave no event."""
    return tuple(
        candidate
        for candidate in find_reads(units, "locale")
        if not any(name in candidate.text for name in _CHOOSES)
        and ("strftime" not in candidate.text or _SPELLED.search(candidate.text))
    )


def _reads(node: ast.expr, factor: FactorName) -> bool:
    match node:
        case ast.Call():
            return callee(node) in _CALLS.get(factor, ())
        case ast.Attribute(attr=name):
            return name in _ATTRIBUTES.get(factor, ())
        case ast.Name(id=name):
            return name in _NAMES.get(factor, ())
        case ast.Constant(value=str() as text):
            return factor in _TEXTS and _TEXTS[factor].fullmatch(text) is not None
        case _:
            return False


def assigned_lines(unit: Unit) -> dict[str, int]:
    """Name -> the first line of the unit that assigns it."""
    tree = parse(unit)
    found: dict[str, int] = {}
    for line, names in sorted(_targets(tree).items() if tree is not None else ()):
        for name in names:
            found.setdefault(name, line)
    return found


def _targets(tree: ast.Module) -> dict[int, tuple[str, ...]]:
    """Line -> names that the statement on it assigns."""
    found: dict[int, tuple[str, ...]] = {}
    for node in ast.walk(tree):
        if isinstance(node, (ast.Assign, ast.AnnAssign, ast.AugAssign)):
            goals = node.targets if isinstance(node, ast.Assign) else [node.target]
            names = tuple(name.id for goal in goals for name in ast.walk(goal) if isinstance(name, ast.Name))
            found |= dict.fromkeys(range(node.lineno, (node.end_lineno or node.lineno) + 1), names)
    return found

"""What a subject needs from the machine it runs on, as far as reading its code tells."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence

from pytest_reprocheck.core.checkup import Need, NeedKind
from pytest_reprocheck.core.sources import Unit
from pytest_reprocheck.diagnose.parsing import callee, parse, place_of

_READERS = frozenset(
    {
        "genfromtxt", "imread", "load", "loadtxt", "open", "Path", "read_csv", "read_excel", "read_feather",
        "read_json", "read_parquet", "read_pickle", "read_table", "scan_csv", "scan_parquet",
    }
)  # fmt: skip
_FILE = re.compile(r"[\w./ -]*[\w-]\.[A-Za-z][\w.]{0,9}")
_URL = re.compile(r"(?:https?|s3|gs|ftp|postgresql|mysql)(?:\+\w+)?://(?:[^/@\s]*@)?([\w.-]+)")
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "0.0.0.0"})  # noqa: S104 - a name to compare with


def find_needs(units: Sequence[Unit]) -> tuple[Need, ...]:
    """What the code asks for by name, each thing once, in the order of the code.

    An import inside ``try`` may fail, and a file that the code writes itself need not be there.
    """
    found: dict[tuple[NeedKind, str], Need] = {}
    written: set[str] = set()
    for unit in units:
        tree = parse(unit)
        if tree is None:
            continue
        guarded = {inner for node in ast.walk(tree) if isinstance(node, ast.Try) for inner in ast.walk(node)}
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and callee(node).startswith(("to_", "save", "dump", "write", "mkdir")):
                written.update(_texts(node))
            if isinstance(node, (ast.expr, ast.stmt)) and node not in guarded:
                for kind, name in _asked_for(node):
                    found.setdefault((kind, name), Need(kind=kind, name=name, place=place_of(unit, node)))
    return tuple(need for need in found.values() if need.kind != "file" or need.name not in written)


def imported_modules(unit: Unit) -> frozenset[str]:
    """Names of what the code imports, anywhere in it; of ``from a import b`` both ``a`` and ``a.b``."""
    tree = parse(unit)
    found: set[str] = set()
    for node in ast.walk(tree) if tree is not None else ():
        match node:
            case ast.Import(names=names):
                found.update(alias.name for alias in names)
            case ast.ImportFrom(module=str() as module, names=names, level=0):
                found.update((module, *(f"{module}.{alias.name}" for alias in names)))
    return frozenset(found)


def _asked_for(node: ast.expr | ast.stmt) -> Iterator[tuple[NeedKind, str]]:
    match node:
        case ast.Import(names=names):
            yield from (("package", alias.name.partition(".")[0]) for alias in names)
        case ast.ImportFrom(module=str() as module, level=0):
            yield "package", module.partition(".")[0]
        case ast.Subscript(
            value=ast.Attribute(attr="environ"), slice=ast.Constant(value=str() as name), ctx=ast.Load()
        ):
            yield "variable", name
        case ast.Call() if callee(node) in _READERS and not _writes(node):
            yield from (("file", text) for text in _texts(node)[:1] if _FILE.fullmatch(text))
        case ast.Call() if callee(node) == "cuda":
            yield "gpu", "CUDA"
        case ast.Constant(value=str() as text):
            if text == "cuda" or re.fullmatch(r"cuda:\d+", text):
                yield "gpu", "CUDA"
            if (url := _URL.match(text)) and url.group(1) not in _LOOPBACK:
                yield "host", url.group(1)


def _writes(call: ast.Call) -> bool:
    """Whether a call of ``open`` says a mode in which the file need not be there."""
    modes = list(call.args[1:2]) + [word.value for word in call.keywords if word.arg == "mode"]
    return any(isinstance(mode, ast.Constant) and re.search("[wax]", str(mode.value)) for mode in modes)


def _texts(call: ast.Call) -> list[str]:
    return [item.value for item in call.args if isinstance(item, ast.Constant) and isinstance(item.value, str)]

"""Decides from the code alone what a published example needs: files beside it, or things that only a network gives."""

from __future__ import annotations

import ast
import importlib.util
import json
import re
from collections.abc import Iterator
from pathlib import Path

from IPython.core.inputtransformer2 import TransformerManager

_DOWNLOADERS = re.compile(r"fetch_\w+|get_rdataset|webuse|urlopen|urlretrieve")
"""Functions that load data from the network: scikit-learn's and statsmodels' loaders, and the standard library's."""
_CLIENTS = {"pooch", "requests", "pandas_datareader", "yfinance"}
"""Modules that an example imports only to download something."""


def python_source(path: Path) -> str:
    """The code of a script, or of all code cells of a notebook with magics turned into Python."""
    text = path.read_text(encoding="utf-8")
    if path.suffix != ".ipynb":
        return text
    cells = ["".join(cell["source"]) for cell in json.loads(text)["cells"] if cell["cell_type"] == "code"]
    manager = TransformerManager()  # type: ignore[no-untyped-call]
    return "\n".join(manager.transform_cell(cell) for cell in cells)


def obstacle(path: Path) -> str:
    """Why an example cannot run offline in this environment, or an empty string."""
    try:
        tree = ast.parse(python_source(path))
    except SyntaxError as error:
        return f"not Python: {error.msg}"
    for node in ast.walk(tree):
        name = node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""
        if _DOWNLOADERS.fullmatch(name):
            return f"downloads: {name}"
    for module in _imported(tree):
        if module in _CLIENTS:
            return f"downloads: import {module}"
        if not (_module_file(path, module) or importlib.util.find_spec(module)):
            return f"not installed: {module}"
    for text in _strings(tree):
        if re.match(r"(https?|ftp)://", text):
            return f"downloads: {text}"
    return ""


def companions(path: Path) -> list[Path]:
    """Files in the example's own folder that it names or imports, sorted."""
    tree = ast.parse(python_source(path))
    named = [path.parent / text for text in _strings(tree) if re.fullmatch(r"[\w.-]+\.\w+", text)]
    modules = [file for module in _imported(tree) if (file := _module_file(path, module))]
    return sorted({file for file in (*named, *modules) if file.is_file() and file != path})


def _imported(tree: ast.Module) -> Iterator[str]:
    """Top-level modules that the code cannot do without: imports inside ``try`` have a way out."""
    guarded = {id(inner) for node in ast.walk(tree) if isinstance(node, ast.Try) for inner in ast.walk(node)}
    for node in ast.walk(tree):
        if id(node) in guarded:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]


def _module_file(path: Path, module: str) -> Path | None:
    file = path.parent / f"{module}.py"
    return file if file.is_file() else None


def _strings(tree: ast.Module) -> Iterator[str]:
    """String constants that are values; docstrings and other strings standing alone are text."""
    alone = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in alone:
            yield node.value

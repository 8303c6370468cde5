"""The architecture, held by a table: which layer may import which, and how large functions and files may be.

Imports inside functions and under ``TYPE_CHECKING`` count like all others, and so do literal names given to
``import_module``.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

PACKAGE = "pytest_reprocheck"
SOURCE = Path(__file__).resolve().parents[1] / PACKAGE
MAX_FUNCTION_LINES = 50
MAX_FILE_LINES = 400

LAYERS = ("compare", "execution", "diagnose", "environment", "records", "report")
USE_CASES = ("auditing", "cell_auditing", "locking", "machines", "inspecting", "parameterising", "starting")
USE_CASE = frozenset({"config", "core", "execution", "compare", "diagnose", "environment"})
FACE = frozenset({*USE_CASES, "config", "collecting", "gates", "report", "core"})
ALLOWED: Mapping[str, frozenset[str]] = {
    "core": frozenset(),
    "probes": frozenset(),
    **{layer: frozenset({"core"}) for layer in LAYERS},
    "auditing": USE_CASE
    | {"case", "committed", "explaining", "hidden", "leaving", "recording", "stored", "twice", "verdicts"},
    "cell_auditing": USE_CASE | {"auditing"},
    "committed": frozenset({"core"}),
    "case": frozenset({"config", "core", "compare", "diagnose"}),
    "explaining": frozenset({"case", "core", "diagnose", "uncontrolled"}),
    "hidden": frozenset({"case", "core", "diagnose"}),
    "leaving": frozenset({"case", "core", "diagnose"}),
    "recording": USE_CASE | {"case", "committed", "records", "twice"},
    "stopping": frozenset({"compare", "core", "diagnose"}),
    "twice": USE_CASE | {"case", "stopping"},
    "verdicts": frozenset({"case", "compare", "core", "diagnose", "environment", "twice"}),
    "stored": frozenset({"case", "core", "diagnose"}),
    "uncontrolled": frozenset({"case", "core", "diagnose"}),
    "locking": USE_CASE,
    "machines": USE_CASE,
    "inspecting": USE_CASE,
    "parameterising": USE_CASE,
    "starting": USE_CASE,
    "settings": frozenset({"core"}),
    "parameters": frozenset({"settings", "core"}),
    "config": frozenset({"parameters", "settings", "core"}),
    "collecting": frozenset({"config", "core", "parameters"}),
    "gates": frozenset({"config", "core"}),
    "plugin": FACE | {"plugin_session"},
    "plugin_session": FACE | {"advising", "keeping", "plugin_listing"},
    "advising": FACE,
    "plugin_listing": FACE,
    "keeping": FACE | {"recording"},
    "cli": FACE | {"audit_cli", "keeping", "locks_cli"},
    "audit_cli": FACE | {"advising", "locks_cli"},
    "locks_cli": FACE | {"keeping"},
    "accompanying": USE_CASE | {"auditing", "case", "twice", "verdicts"},
    "papermill_engine": frozenset({"papermill_run"}),
    "papermill_run": FACE | {"accompanying"},
    "magics": FACE,
}
"""Layer -> other layers that it may import; a layer always may import itself."""

STDLIB_ONLY: Mapping[str, frozenset[str]] = {"core": frozenset(), "probes": frozenset({"xxhash", "sitecustomize"})}
"""Layers that import nothing installed -> the exceptions, inside ``try``; ``sitecustomize`` is the user's own."""


@dataclass(frozen=True, kw_only=True)
class Import:
    """One import of one module, with its place."""

    source: str
    """Dotted name of the importing module."""
    target: str
    """Dotted name of the imported module."""
    file: Path
    line: int
    guarded: bool
    """Whether it stands inside ``try``."""
    absolute: bool
    """Whether it is written without leading dots."""

    def problem(self, text: str) -> str:
        """A located sentence about this import."""
        return f"{self.file.name}:{self.line}: {self.source} imports {self.target}: {text}"


def modules_of(package: Path) -> dict[str, Path]:
    """Dotted name -> file, for every module of the package."""
    found = {}
    for file in sorted(package.rglob("*.py")):
        parts = file.relative_to(package.parent).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = file
    return found


def layer_of(module: str) -> str:
    """``core`` for ``pytest_reprocheck.core.codec``, empty for the package's own ``__init__``."""
    return module.split(".")[1] if "." in module else ""


def imports_of(module: str, file: Path, modules: Mapping[str, Path]) -> Iterator[Import]:
    """All imports of a module, wherever they stand; ``from a import b`` imports ``a.b`` where that is a module."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    guarded = {id(inner) for node in ast.walk(tree) if isinstance(node, ast.Try) for inner in ast.walk(node)}
    package = module if file.name == "__init__.py" else module.rpartition(".")[0]
    for node in ast.walk(tree):
        for target, absolute in _targets(node, package, modules):
            yield Import(
                source=module,
                target=target,
                file=file,
                line=getattr(node, "lineno", 0),
                guarded=id(node) in guarded,
                absolute=absolute,
            )


def _targets(node: ast.AST, package: str, modules: Mapping[str, Path]) -> Iterator[tuple[str, bool]]:
    if isinstance(node, ast.Import):
        yield from ((alias.name, True) for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        start = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
        base = ".".join([*start, *(node.module.split(".") if node.module else [])])
        for alias in node.names:
            full = f"{base}.{alias.name}"
            yield (full if full in modules else base), not node.level
    elif isinstance(node, ast.Call) and _name(node.func) in ("import_module", "__import__"):
        yield from (
            (arg.value, True) for arg in node.args[:1] if isinstance(arg, ast.Constant) and isinstance(arg.value, str)
        )


def _name(function: ast.expr) -> str:
    return (
        function.attr if isinstance(function, ast.Attribute) else function.id if isinstance(function, ast.Name) else ""
    )


def wrong_directions(package: Path) -> list[str]:
    """Imports that the table does not allow, and modules that it does not know."""
    modules = modules_of(package)
    problems = []
    for module, file in modules.items():
        layer = layer_of(module)
        if not layer:
            continue
        if layer not in ALLOWED:
            problems.append(f"{file.name}: {module} belongs to no layer of the table")
            continue
        for item in imports_of(module, file, modules):
            problems.extend(item.problem(text) for text in _wrong(layer, item))
    return problems


def _wrong(layer: str, item: Import) -> Iterator[str]:
    top = item.target.partition(".")[0]
    if top == PACKAGE:
        target = layer_of(item.target)
        if not target:
            yield "nothing inside imports from __init__"
        elif target != layer and target not in ALLOWED[layer]:
            yield f"{layer} must not import {target}"
        elif layer == "probes" and item.absolute:
            yield "probes are loaded under another name: only relative imports reach their siblings"
    elif layer in STDLIB_ONLY and top not in sys.stdlib_module_names:
        if top not in STDLIB_ONLY[layer]:
            yield f"{layer} imports the standard library alone"
        elif not item.guarded:
            yield f"{top} may be missing, so its import stands inside try"


def circles(package: Path) -> list[str]:
    """Chains of imports that lead back to where they began, one for each module found on one."""
    modules = modules_of(package)
    edges = {
        module: sorted({item.target for item in imports_of(module, file, modules)} & modules.keys())
        for module, file in modules.items()
        if module != PACKAGE
    }
    return [" -> ".join(chain) for module in edges if (chain := _way_back(module, edges))]


def _way_back(start: str, edges: Mapping[str, list[str]]) -> list[str]:
    """The shortest chain from a module back to itself, empty when there is none."""
    waiting = [[start]]
    seen: set[str] = set()
    while waiting:
        chain = waiting.pop(0)
        for target in edges.get(chain[-1], []):
            if target == start:
                return [*chain, start]
            if target not in seen:
                seen.add(target)
                waiting.append([*chain, target])
    return []


def oversized(package: Path) -> list[str]:
    """Functions and files that are too long, and files without a docstring."""
    problems = []
    for module, file in modules_of(package).items():
        text = file.read_text(encoding="utf-8")
        tree = ast.parse(text)
        if not ast.get_docstring(tree):
            problems.append(f"{module} has no docstring")
        if (lines := len(text.splitlines())) > MAX_FILE_LINES:
            problems.append(f"{module} has {lines} lines, {MAX_FILE_LINES} are allowed")
        for node in ast.walk(tree):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                lines = (node.end_lineno or node.lineno) - node.lineno + 1
                if lines > MAX_FUNCTION_LINES:
                    problems.append(f"{module}.{node.name} has {lines} lines, {MAX_FUNCTION_LINES} are allowed")
    return problems


def test_every_import_goes_in_an_allowed_direction() -> None:
    """Layers import what the table allows; core and probes import nothing installed."""
    problems = wrong_directions(SOURCE)
    assert not problems, "\n".join(problems)


def test_no_module_imports_itself_through_others() -> None:
    """There are no circles, imports inside functions included."""
    problems = circles(SOURCE)
    assert not problems, "\n".join(problems)


def test_functions_and_files_are_small_and_files_say_what_they_are() -> None:
    """Functions have at most 50 lines, files at most 400 and a docstring."""
    problems = oversized(SOURCE)
    assert not problems, "\n".join(problems)


def test_the_table_itself_has_no_circles() -> None:
    """Following allowed directions never leads back to a layer, so layers stay layers."""
    edges = {layer: sorted(targets) for layer, targets in ALLOWED.items()}
    assert [layer for layer in edges if _way_back(layer, edges)] == []


def make_package(folder: Path, files: Mapping[str, str]) -> Path:
    """A package of the given files, with the ``__init__`` files it needs."""
    package = folder / PACKAGE
    for name, text in files.items():
        file = package / name
        file.parent.mkdir(parents=True, exist_ok=True)
        (file.parent / "__init__.py").touch()
        file.write_text(text, encoding="utf-8")
    (package / "__init__.py").touch()
    return package


WRONG = {
    "sibling layers": (
        "compare/a.py",
        "from pytest_reprocheck.execution import b",
        "compare must not import execution",
    ),
    "a layer the use case": ("diagnose/a.py", "import pytest_reprocheck.auditing", "diagnose must not import auditing"),
    "inside a function": (
        "core/a.py",
        "def f():\n    from pytest_reprocheck import config",
        "core must not import config",
    ),
    "for type checking": (
        "report/a.py",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from pytest_reprocheck.diagnose import b",
        "report must not import diagnose",
    ),
    "relative": ("environment/a.py", "from ..compare import b", "environment must not import compare"),
    "by name": (
        "execution/a.py",
        "import importlib\nimportlib.import_module('pytest_reprocheck.probes.b')",
        "execution must not import probes",
    ),
    "a use case a face": ("auditing.py", "from pytest_reprocheck.plugin import b", "auditing must not import plugin"),
    "a use case another": (
        "auditing.py",
        "from pytest_reprocheck.locking import b",
        "auditing must not import locking",
    ),
    "a face a layer": ("plugin.py", "from pytest_reprocheck.execution import b", "plugin must not import execution"),
    "the public names": ("cli.py", "from pytest_reprocheck import audit", "nothing inside imports from __init__"),
    "relative to the public names": ("cli.py", "from . import audit", "nothing inside imports from __init__"),
    "installed by core": ("core/a.py", "import numpy.linalg", "core imports the standard library alone"),
    "installed by probes": (
        "probes/a.py",
        "try:\n    import numpy\nexcept ImportError: pass",
        "probes imports the standard",
    ),
    "xxhash without a way out": ("probes/a.py", "import xxhash", "its import stands inside try"),
    "probes by the full name": ("probes/a.py", "from pytest_reprocheck.probes import b", "only relative imports"),
    "probes the core": ("probes/a.py", "from ..core import b", "probes must not import core"),
    "an unknown module": ("helpers.py", "import os", "belongs to no layer"),
}


@pytest.mark.parametrize("case", sorted(WRONG))
def test_a_wrong_import_is_found(case: str, tmp_path: Path) -> None:
    """Each kind of forbidden import is reported, once and by its reason."""
    name, text, expected = WRONG[case]
    others = [f"{layer}/b.py" for layer in (*LAYERS, "core", "probes")]
    others += ["auditing.py", "locking.py", "plugin.py", "config.py"]
    problems = wrong_directions(make_package(tmp_path, dict.fromkeys(others, "") | {name: text}))
    assert len(problems) == 1
    assert expected in problems[0]


def test_allowed_imports_are_not_reported(tmp_path: Path) -> None:
    """What the design allows passes: downwards, within a layer, xxhash with a way out, anything installed elsewhere."""
    files = {
        "core/a.py": "import json\nfrom pytest_reprocheck.core import b",
        "core/b.py": "from __future__ import annotations\nimport collections.abc",
        "probes/a.py": "from . import b\nfrom .b import c\ntry:\n    import xxhash\nexcept ImportError:\n    c = 2",
        "probes/b.py": "c = 1",
        "compare/a.py": "import numpy\nfrom pytest_reprocheck.core.a import json",
        "auditing.py": "from pytest_reprocheck.compare import a\nfrom pytest_reprocheck import config",
        "config.py": "def f():\n    from pytest_reprocheck.core import a",
        "plugin.py": "import pytest\nfrom pytest_reprocheck.auditing import a",
    }
    assert wrong_directions(make_package(tmp_path, files)) == []


def test_circles_are_found(tmp_path: Path) -> None:
    """Modules of one layer that import each other are reported with the chain, imports in functions included."""
    files = {
        "core/a.py": "from pytest_reprocheck.core.b import x",
        "core/b.py": "def f():\n    from . import c",
        "core/c.py": "import pytest_reprocheck.core.a",
        "core/d.py": "import pytest_reprocheck.core.a",
    }
    core = f"{PACKAGE}.core"
    assert circles(make_package(tmp_path, files)) == [
        f"{core}.a -> {core}.b -> {core}.c -> {core}.a",
        f"{core}.b -> {core}.c -> {core}.a -> {core}.b",
        f"{core}.c -> {core}.a -> {core}.b -> {core}.c",
    ]


def test_sizes_and_missing_docstrings_are_found(tmp_path: Path) -> None:
    """A function of 51 lines, a method too, a file of 401 and a missing docstring are reported; 50 and 400 are not."""
    body = "    x = 1\n"
    files = {
        "core/__init__.py": '"""Core."""',
        "core/fits.py": '"""Fits."""\n' + "def f():\n" + body * 49 + "\n" * 349,
        "core/long.py": '"""Long."""\n' + "\n" * 400,
        "core/deep.py": '"""Deep."""\nclass A:\n    async def f(self):\n' + "        x = 1\n" * 50,
        "core/bare.py": "def f():\n" + body * 50,
        "__init__.py": '"""Package."""',
    }
    assert oversized(make_package(tmp_path, files)) == [
        f"{PACKAGE}.core.bare has no docstring",
        f"{PACKAGE}.core.bare.f has 51 lines, 50 are allowed",
        f"{PACKAGE}.core.deep.f has 51 lines, 50 are allowed",
        f"{PACKAGE}.core.long has 401 lines, 400 are allowed",
    ]

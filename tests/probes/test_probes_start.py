"""The start of the probes: what it loads, and the small stand-ins for modules of the standard library."""

from __future__ import annotations

import ast
import json
import math
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_reprocheck.probes import jsons, syntax

from .children import run_script
from .circumstances import conditions

PROBES = Path(jsons.__file__).parent
DEAR = {"ast", "dataclasses", "enum", "inspect", "json", "re", "typing"}
"""Modules of the standard library that take longer to load than all probes of a start."""
FOR_LIBRARIES = (
    "completion_", "datetimes", "delivery", "encode_", "estimators", "fits", "functions", "numpy_", "outside.guard",
    "randomness", "rows_", "sklearn_", "tensorflow_", "torch_", "training_", "watching",
)  # fmt: skip
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


def test_a_script_that_imports_nothing_loads_little(tmp_path: Path) -> None:
    """Neither what is for libraries, nor what of Python's own library takes long."""
    script = "import sys\nfor name in sorted(sys.modules):\n    print(name)\n"
    child = run_script(tmp_path / "project", script, conditions=conditions())
    bare = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    loaded = set(child.stdout.split()) - set(bare.stdout.split())
    assert "_reprocheck_probes.probe" in loaded
    assert not loaded & DEAR
    own = {name.partition("_reprocheck_probes.")[2] for name in loaded}
    assert not [name for name in own if name.startswith(FOR_LIBRARIES)]
    assert not child.not_compared


def test_each_module_can_be_loaded_first() -> None:
    """Whichever library comes first, what is for it finds all that it needs."""
    files = [file.relative_to(PROBES).with_suffix("") for file in sorted(PROBES.rglob("*.py"))]
    names = [".".join(file.parts) for file in files if file.name not in {"__init__", "run_script", "sitecustomize"}]
    program = (
        "import sys, types, importlib\n"
        f"for name in {names}:\n"
        "    for other in [other for other in sys.modules if other.startswith('probes')]:\n"
        "        del sys.modules[other]\n"
        "    package = sys.modules['probes'] = types.ModuleType('probes')\n"
        f"    package.__path__ = [{str(PROBES)!r}]\n"
        "    importlib.import_module(f'probes.{name}')\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert not done.stderr


def test_what_is_loaded_later_keeps_real_time(tmp_path: Path) -> None:
    """A program that replaces functions of ``time`` replaces them for itself."""
    script = (
        "import sys, time\n"
        "def never(*_args):\n    raise RuntimeError\n"
        "for name in ('monotonic', 'gmtime', 'localtime', 'strftime'):\n    setattr(time, name, never)\n"
        "import concurrent.futures, numpy\n"
        "probes = [module for name, module in sys.modules.items() if name.startswith('_reprocheck_probes')]\n"
        "print('_reprocheck_probes.delivery' in sys.modules, '_reprocheck_probes.numpy_clock' in sys.modules)\n"
        "print([module.__name__ for module in probes if never in vars(module).values()])\n"
    )
    child = run_script(tmp_path / "project", script, conditions=conditions())
    assert child.stdout.splitlines() == ["True True", "[]"]


@given(JSON)
def test_json_is_that_of_the_standard_library(value: object) -> None:
    """Both ways."""
    text = json.dumps(value)
    assert jsons.dumps(value) == text
    assert jsons.loads(text) == value
    assert jsons.loads(f" {text}\n") == value


def test_json_of_numbers_without_a_value() -> None:
    """As Python writes and reads them."""
    assert jsons.dumps([math.inf, -math.inf]) == "[Infinity, -Infinity]"
    assert math.isnan(jsons.loads(jsons.dumps(math.nan)))


@pytest.mark.parametrize("text", ["", "{", "[1,]", "1 2", "{'a': 1}"])
def test_what_is_no_json(text: str) -> None:
    """A ValueError, as ``json`` has it."""
    with pytest.raises(ValueError):  # noqa: PT011 - of any text
        jsons.loads(text)


def test_what_cannot_be_written_as_json() -> None:
    """A TypeError."""
    with pytest.raises(TypeError):
        jsons.dumps({"a": object()})


def test_trees_are_those_of_the_standard_library() -> None:
    """Also where this file's own future statements would change what they mean."""
    source = Path(__file__).read_text(encoding="utf-8")
    tree = ast.parse(source)
    assert ast.dump(syntax.parse(source), include_attributes=True) == ast.dump(tree, include_attributes=True)
    assert Counter(map(type, syntax.walk(tree))) == Counter(map(type, ast.walk(tree)))
    assert ast.dump(syntax.parse_expression("f(x, *y)")) == ast.dump(ast.parse("f(x, *y)", mode="eval"))

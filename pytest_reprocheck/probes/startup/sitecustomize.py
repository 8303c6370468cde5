"""Found by Python at its start, as this folder stands first on PYTHONPATH: loads the probes, then what it hides.

Nothing here may stop the interpreter: where the probes cannot be started, the log says why and the subject runs on.
"""

# Pathlib costs every child milliseconds at its start.
# ruff: noqa: PTH118, PTH120, PTH123

from __future__ import annotations

import sys
from contextlib import suppress
from os import O_APPEND, O_CREAT, O_WRONLY, environ, path, write
from os import open as open_file

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def _load(folder: str) -> Any:
    """The probes' package, found by path, under a name of its own."""
    from importlib.util import module_from_spec, spec_from_file_location

    name = "_reprocheck_probes"
    spec = spec_from_file_location(name, path.join(folder, "__init__.py"), submodule_search_locations=[folder])
    assert spec is not None
    assert spec.loader is not None
    package = sys.modules[name] = module_from_spec(spec)
    spec.loader.exec_module(package)
    return package


def _start(folder: str) -> None:
    """Start the probes as child.json says; without a readable one, do nothing."""
    try:
        with open(environ["REPROCHECK_CHILD"], encoding="utf-8") as file:
            text = file.read()
    except (KeyError, OSError, ValueError):
        return
    try:
        package = _load(folder)
        package.started = package.start(package.loads(text))
    except Exception as error:
        from json import dumps, loads

        config = loads(text)
        facts = {
            "type": "facts",
            "facts": {"seed": f"{type(error).__name__}: {error}", "root": str(config.get("root"))},
        }
        log = open_file(path.join(str(config.get("log")), "main.jsonl"), O_CREAT | O_APPEND | O_WRONLY, 0o666)
        write(log, (dumps(facts) + "\n").encode())


def _import_hidden(folder: str) -> None:
    """Import the ``sitecustomize`` that would have been found without this one, under its own name."""
    sys.path[:] = [entry for entry in sys.path if path.realpath(entry) != folder]
    own = sys.modules.pop("sitecustomize", None)
    from importlib import import_module

    try:
        import_module("sitecustomize")
    except ImportError as error:
        if error.name != "sitecustomize":
            raise
    finally:
        if own is not None:
            sys.modules.setdefault("sitecustomize", own)


_FOLDER = path.dirname(path.realpath(__file__))
with suppress(Exception):  # not even the log can be written: the parent sees that it is missing
    _start(path.dirname(_FOLDER))
_import_hidden(_FOLDER)

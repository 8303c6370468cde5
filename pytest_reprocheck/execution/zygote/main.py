"""The program of a zygote: ``python main.py DESCRIPTOR KIND``.

The descriptor is of a socket that ``execution/engine.py`` holds the other end of; the kind is ``script`` or
``notebook``. It goes on below in each subject's process, whose ``__main__`` this module becomes, emptied of its names.
"""

import sys
from importlib import import_module
from importlib.util import module_from_spec, spec_from_file_location


def _load(name: str, folder: str):  # type: ignore[no-untyped-def]
    spec = spec_from_file_location(name, f"{folder}/__init__.py", submodule_search_locations=[folder])
    assert spec is not None
    assert spec.loader is not None
    package = sys.modules[name] = module_from_spec(spec)
    spec.loader.exec_module(package)
    return package


_own = __file__.rpartition("/")[0]
_steps = "notebook_steps" if sys.argv[2] == "notebook" else "script_steps"
_probes = _load("_reprocheck_probes", f"{_own.rpartition('/')[0].rpartition('/')[0]}/probes")
for _name in ("contextlib", "importlib.machinery", f"_reprocheck_probes.{_steps}"):
    import_module(_name)
# What is there now is there when any observed subject begins. All else is noted, and hidden from it.
_kept = frozenset(sys.modules)
_load("_reprocheck_zygote", _own)
_recorder = import_module("_reprocheck_zygote.recorder").Recorder()
_recorder.install()
_serve = import_module("_reprocheck_zygote.serving").serve

try:
    _serve(int(sys.argv[1]), sys.argv[2], _probes, _kept, _recorder)(sys.modules["__main__"].__dict__)
except BaseException as error:
    # A bare raise adds no frame: Python reports the error as if the subject had been started by itself.
    error.__traceback__ = error.__traceback__ and error.__traceback__.tb_next
    raise

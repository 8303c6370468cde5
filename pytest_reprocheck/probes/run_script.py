"""Stands for a script on Python's command line: runs the script that child.json names, in the real ``__main__``."""

import sys

if not sys.flags.safe_path:
    del sys.path[0]  # this folder: the script's own comes in its place
if "_reprocheck_probes" not in sys.modules:
    # Python was started so that the environment did not reach it: the script runs unobserved.
    from importlib.util import module_from_spec, spec_from_file_location

    folder = __file__.rpartition("/")[0]
    spec = spec_from_file_location("_reprocheck_probes", f"{folder}/__init__.py", submodule_search_locations=[folder])
    assert spec is not None
    assert spec.loader is not None
    sys.modules["_reprocheck_probes"] = module_from_spec(spec)
    spec.loader.exec_module(sys.modules["_reprocheck_probes"])
try:
    sys.modules["_reprocheck_probes"].run_script(sys.modules["__main__"].__dict__)
except BaseException as error:
    # A bare raise adds no frame: Python reports the error as if the script had been started by itself.
    error.__traceback__ = error.__traceback__ and error.__traceback__.tb_next
    raise

"""``%load_ext ipython_ext``: the same extension as ``%load_ext pytest_reprocheck``, under a name of its own."""

from pytest_reprocheck import load_ipython_extension, unload_ipython_extension

__all__ = ["load_ipython_extension", "unload_ipython_extension"]

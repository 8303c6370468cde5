"""Which instructions and how many threads the loaded numerical libraries have, as they say themselves."""

# Pathlib costs every child milliseconds at its start.
# ruff: noqa: PTH119, PTH123

from __future__ import annotations

import sys
from os import RTLD_LAZY, environ, path

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Any

    from .probe import Probe

_OPENBLAS = tuple(f"{prefix}openblas_{{}}{suffix}" for prefix in ("scipy_", "") for suffix in ("64_", "", "64"))
"""How builds of OpenBLAS rename its functions."""
_THREADS = {"libgomp": "omp_get_max_threads", "libomp": "omp_get_max_threads", "libmkl_rt": "MKL_Get_Max_Threads"}
_ALREADY_LOADED = 4
"""RTLD_NOLOAD, which ``os`` names on some systems only."""


class Kernels:
    """Measures anew whenever further libraries were loaded."""

    def __init__(self, probe: Probe) -> None:
        self._probe = probe
        self._loaded: frozenset[str] = frozenset()

    def asked_for(self) -> dict[str, str]:
        """What the environment asks for, as long as no library answers."""
        names = ("OPENBLAS_CORETYPE", "NPY_DISABLE_CPU_FEATURES")
        simd = " ".join(f"{name}={environ[name]}" for name in names if environ.get(name))
        return {"threads": environ.get("OMP_NUM_THREADS", ""), "simd": simd}

    def end_step(self) -> None:
        """Log what the libraries say, where there are others than at the last step's end."""
        modules = frozenset(("numpy", "scipy", "sklearn", "torch")).intersection(sys.modules)
        if modules == self._loaded or not self._probe.log.main:
            return
        self._loaded = modules
        groups = features()
        libraries = list(_libraries())
        said = [f"OpenBLAS {core}" for core in _each(_core, libraries)]
        said += [] if groups is None else [f"numpy {' '.join(groups) or 'baseline'}"]
        facts = {"threads": ", ".join(_each(_threads, libraries)), "simd": ", ".join(said)}
        self._probe.log.write({"type": "facts", "facts": {factor: text for factor, text in facts.items() if text}})


def cores() -> list[str]:
    """The processors that the loaded builds of OpenBLAS have chosen kernels for."""
    return _each(_core, _libraries())


def features() -> list[str] | None:
    """The groups of instructions that numpy may choose and has; None without numpy."""
    module = sys.modules.get("numpy._core._multiarray_umath") or sys.modules.get("numpy.core._multiarray_umath")
    if module is None:
        return None
    enabled = getattr(module, "__cpu_features__", {})
    return [name for name in getattr(module, "__cpu_dispatch__", []) if enabled.get(name)]


def _each(asked: Callable[[str, Any], Iterator[str]], libraries: Iterable[tuple[str, Any]]) -> list[str]:
    """What libraries say that are asked one after the other; what several say stands once."""
    return sorted({text for name, library in libraries for text in asked(name, library)})


def _libraries() -> Iterator[tuple[str, Any]]:
    """Loaded shared libraries that compute, and handles to them."""
    import ctypes

    try:
        with open("/proc/self/maps", encoding="utf-8", errors="replace") as file:
            paths = {line.split(maxsplit=5)[-1].rstrip() for line in file if ".so" in line}
    except OSError:
        return
    for found in sorted(paths):
        name = path.basename(found)
        if "openblas" in name or name.startswith(tuple(_THREADS)):
            try:
                yield name, ctypes.CDLL(found, mode=RTLD_LAZY | _ALREADY_LOADED)
            except OSError:
                continue


def _threads(name: str, library: Any) -> Iterator[str]:
    """How many threads a pool has."""
    if "openblas" in name:
        function = _openblas(library, "get_num_threads")
    else:
        function = getattr(library, next(_THREADS[known] for known in _THREADS if name.startswith(known)), None)
    if function is not None:
        yield f"{name.partition('-')[0].partition('.')[0]} {function()}"


def _core(name: str, library: Any) -> Iterator[str]:
    function = _openblas(library, "get_corename") if "openblas" in name else None
    if function is not None:
        from ctypes import c_char_p

        function.restype = c_char_p
        yield (function() or b"").decode(errors="replace")


def _openblas(library: Any, name: str) -> Any:
    found = (getattr(library, pattern.format(name), None) for pattern in _OPENBLAS)
    return next((function for function in found if function is not None), None)

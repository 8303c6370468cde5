"""Keeps the debugger out of kernels: nobody can attach one to a run, and it takes a fifth of a kernel's start."""

from __future__ import annotations

import sys

from .imports import BeforeImport

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

_ASKS = "ipykernel.debugger"
_DEBUGGER = "debugpy"


def install() -> dict[str, Callable[[Any], None]]:
    """Let ipykernel find that there is no debugger, as where none is installed; others find what is there.

    Gives the hook that ends it when ipykernel has looked.
    """
    before = BeforeImport(_ASKS, _hide)
    before.install()

    def end(_module: Any) -> None:
        before.uninstall()
        if _DEBUGGER in sys.modules and sys.modules[_DEBUGGER] is None:
            del sys.modules[_DEBUGGER]

    return {_ASKS: end}


def _hide() -> None:
    # What Python takes for a module that cannot be imported.
    sys.modules.setdefault(_DEBUGGER, None)  # type: ignore[arg-type]

"""Run notebooks and training scripts twice, and say what differs, why, where, and what to do about it.

The public names are loaded on first use, because pytest imports this package in every run, also in those that audit
nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pytest_reprocheck.auditing import audit
    from pytest_reprocheck.config import Options
    from pytest_reprocheck.core.findings import Audit, Finding
    from pytest_reprocheck.core.subjects import Subject

__version__ = "0.1.0"
__all__ = ["Audit", "Finding", "Options", "Subject", "audit"]

_HOMES = {
    "audit": "pytest_reprocheck.auditing",
    "Options": "pytest_reprocheck.config",
    "Audit": "pytest_reprocheck.core.findings",
    "Finding": "pytest_reprocheck.core.findings",
    "Subject": "pytest_reprocheck.core.subjects",
}


def __getattr__(name: str) -> object:
    """Import a public name's module when the name is first asked for."""
    import importlib

    try:
        home = _HOMES[name]
    except KeyError:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}") from None
    return getattr(importlib.import_module(home), name)


def load_ipython_extension(shell: Any) -> None:
    """``%load_ext pytest_reprocheck``: register ``%reproaudit`` and ``%%reproaudit`` in an IPython shell."""
    from pytest_reprocheck.magics.loading import load

    load(shell)


def unload_ipython_extension(shell: Any) -> None:
    """``%unload_ext pytest_reprocheck``: leave the shell as it was."""
    from pytest_reprocheck.magics.loading import unload

    unload(shell)


def __dir__() -> list[str]:
    return [*__all__, "__version__"]

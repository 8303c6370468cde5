"""Which notebook is open in front of a kernel: kernels are not told, so front ends are asked in their own ways."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pytest_reprocheck.core.errors import SubjectError

VSCODE_NAME = "__vsc_ipynb_file__"
"""The variable in which VS Code leaves the notebook's path."""
JUPYTER_NAME = "JPY_SESSION_NAME"
"""The environment variable in which Jupyter servers leave it, absolute or relative to the server's own root."""

_HINT = "Name it: %reproaudit NOTEBOOK.ipynb"


def open_notebook(
    argument: str, namespace: Mapping[str, Any], environ: Mapping[str, str], folders: Sequence[Path]
) -> Path:
    """The absolute path of the notebook that is meant.

    Args:
        argument: what the user wrote; empty for the open one.
        namespace: the user's variables.
        environ: the kernel's environment variables.
        folders: where relative paths may start: the working directory, and the one that the kernel was started in.

    Raises:
        SubjectError: it is not known, or is not there.
    """
    if argument:
        return _existing(argument, folders[:1])
    named = namespace.get(VSCODE_NAME)
    if isinstance(named, str) and named:
        return _existing(named, folders)
    told = environ.get(JUPYTER_NAME, "")
    if told:
        # A server's root may lie above the folder that the kernel was started in.
        return _existing(told, [*folders, *folders[-1].parents], also=Path(told).name)
    raise SubjectError("the front end does not say which notebook is open", hint=_HINT)


def _existing(name: str, folders: Sequence[Path], *, also: str = "") -> Path:
    for path in _possible(name, folders, also):
        if path.is_file():
            return path.resolve()
    raise SubjectError("no such file", where=name, hint=f"Save the notebook. {_HINT}" if also else _HINT)


def _possible(name: str, folders: Sequence[Path], also: str) -> Iterator[Path]:
    path = Path(name).expanduser()
    if path.is_absolute():
        yield path
        return
    yield from (folder / path for folder in folders)
    if also:
        yield from (folder / also for folder in folders[:2])

"""What is audited."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Literal

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]
"""Anything JSON can hold."""

_ROOT_MARKERS = ("pyproject.toml", ".git", "setup.cfg", "pytest.ini", "tox.ini")

_UNSAFE = re.compile(r"[^A-Za-z0-9_./-]+")

SubjectKind = Literal["notebook", "script", "function"]


def parameter_text(parameters: Mapping[str, Json]) -> str:
    """Parameters as names and node ids show them, ``[alpha=0.1, beta=2]``; nothing without any."""
    return f"[{', '.join(f'{key}={value}' for key, value in parameters.items())}]" if parameters else ""


def file_stem(path: str, tail: str = "") -> str:
    """What files about a subject are called, folders included; different subjects have different names.

    ``tail`` is what stands behind the path in its name: parameters, or a function. A notebook's is named by its stem.
    Whatever a shell or file system might not take as it stands is replaced, and a digest of the whole name added.
    """
    file = PurePosixPath(path)
    plain = (file.with_suffix("") if file.suffix == ".ipynb" and "." not in file.stem else file).as_posix()
    parts = (_UNSAFE.sub("-", plain), _UNSAFE.sub("-", tail).replace("/", "-"))
    safe = "-".join(part for part in parts if part)[:120]
    if safe != plain:
        safe += "-" + hashlib.sha256((path + tail).encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return safe


@dataclass(frozen=True, kw_only=True, slots=True)
class Subject:
    """A notebook (with one set of parameters), a script or module (with arguments), or a test function."""

    root: Path
    """Absolute path of the project's root: the tree that each run gets a copy of."""
    path: str
    """POSIX path of the file, relative to ``root``."""
    kind: SubjectKind
    parameters: Mapping[str, Json] = field(default_factory=dict)
    """Values injected into a notebook after the cell tagged ``parameters``, as papermill does; a script has got them as
    arguments, and is only named after them."""
    args: tuple[str, ...] = ()
    """Command-line arguments; scripts only."""
    module: str | None = None
    """Dotted name to run as ``python -m``, instead of the file; scripts only."""
    env: Mapping[str, str] = field(default_factory=dict)
    """Environment variables added to those of the caller."""
    cwd: str | None = None
    """POSIX path relative to ``root`` of the working directory; None is the notebook's folder, or ``root`` for a
    script."""
    python: str | None = None
    """Interpreter for a script; None is the running one."""

    @property
    def name(self) -> str:
        """The path with its parameters, as in pytest's node ids: ``nb.ipynb[alpha=0.1]``."""
        return self.path + parameter_text(self.parameters)

    @property
    def file(self) -> Path:
        """Absolute path of the user's file."""
        return self.root / self.path


def find_root(start: Path) -> Path:
    """The nearest folder upward with a pyproject.toml or the like, or ``.git``; else the start's own folder."""
    folder = start if start.is_dir() else start.parent
    for candidate in (folder, *folder.parents):
        if any((candidate / marker).exists() for marker in _ROOT_MARKERS):
            return candidate
    return folder

"""Which indexes the user installs from: uv reads its own settings, and is told pip's where it has none."""

from __future__ import annotations

import ast
import os
import subprocess
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path

_TIMEOUT = 60
_UV_KEYS = ("index", "index-url", "extra-index-url", "find-links", "no-index")
_UV_VARIABLES = ("UV_INDEX", "UV_DEFAULT_INDEX", "UV_INDEX_URL", "UV_EXTRA_INDEX_URL", "UV_FIND_LINKS", "UV_NO_INDEX")
_FOR_UV = {
    "index-url": "UV_DEFAULT_INDEX",
    "extra-index-url": "UV_INDEX",
    "find-links": "UV_FIND_LINKS",
    "trusted-host": "UV_INSECURE_HOST",
    "cert": "SSL_CERT_FILE",
}
_SECTIONS = ("global", "install", ":env:")
"""Sections of pip's settings that installing obeys, the later ones first."""


def for_uv(root: Path, python: str) -> Mapping[str, str]:
    """Variables that tell uv the indexes that pip is set to; none where uv has settings of its own.

    Without them uv would ask the public index, and lock what another one hands out under the same name.
    """
    if any(name in os.environ for name in _UV_VARIABLES) or any(map(_names_indexes, _uv_files(root))):
        return {}
    settings = _pip_settings(python)
    found = {
        variable: (" " if name != "find-links" else ",").join(settings[name].split())
        for name, variable in _FOR_UV.items()
        if settings.get(name) and not os.environ.get(variable)
    }
    if settings.get("no-index", "").lower() in ("1", "true", "yes", "on"):
        found["UV_NO_INDEX"] = "1"
    if "UV_INDEX" in found:
        # pip takes the best version of all indexes; uv would stop at the first index that has the package.
        found["UV_INDEX_STRATEGY"] = "unsafe-best-match"
    return found


def _uv_files(root: Path) -> Iterator[Path]:
    """Where uv looks for settings."""
    for folder in (root, *root.parents):
        yield folder / "uv.toml"
        yield folder / "pyproject.toml"
    if named := os.environ.get("UV_CONFIG_FILE"):
        yield Path(named)
    yield Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "uv" / "uv.toml"
    yield Path("/etc/uv/uv.toml")


def _names_indexes(file: Path) -> bool:
    """Whether a file of settings says which indexes uv is to use."""
    try:
        table: object = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    if file.name == "pyproject.toml":
        table = _inner(_inner(table, "tool"), "uv")
    settings = [each for each in (table, _inner(table, "pip")) if isinstance(each, dict)]
    return any(key in each for each in settings for key in _UV_KEYS)


def _inner(table: object, key: str) -> object:
    """What a table holds under a key; None for what is no table or holds no such key."""
    return table.get(key) if isinstance(table, dict) else None


def _pip_settings(python: str) -> Mapping[str, str]:
    """The settings that pip would install by; from variables alone where the interpreter has no pip."""
    command = [python, "-m", "pip", "--disable-pip-version-check", "config", "list"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_TIMEOUT, check=False)
        lines = done.stdout.splitlines() if not done.returncode else []
    except (OSError, subprocess.SubprocessError):
        lines = []
    lines += [f":env:.{name}={os.environ[var]!r}" for name in _NAMES if (var := _variable(name)) in os.environ]
    found: dict[str, str] = {}
    for section in _SECTIONS:
        for line in lines:
            key, _, value = line.partition("=")
            if key.startswith(f"{section}.") and value:
                found[key.removeprefix(f"{section}.")] = _plain(value)
    return found


_NAMES = (*_FOR_UV, "no-index")


def _variable(name: str) -> str:
    return f"PIP_{name.upper().replace('-', '_')}"


def _plain(value: str) -> str:
    """The text of a value, which pip prints as a literal of Python."""
    try:
        return str(ast.literal_eval(value))
    except (ValueError, SyntaxError):
        return value

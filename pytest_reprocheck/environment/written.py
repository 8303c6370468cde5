"""The snapshot file: an environment as sorted JSON, small enough to be reviewed."""

from __future__ import annotations

import dataclasses
import json
import os
from pathlib import Path
from urllib.parse import unquote, urlsplit

from pytest_reprocheck.core.codec import to_json
from pytest_reprocheck.core.environments import Environment, Package
from pytest_reprocheck.core.subjects import Json
from pytest_reprocheck.environment.locks.snapshot_file import FORMAT, VERSION

SNAPSHOT = "environment.json"


def snapshot_text(environment: Environment, root: Path) -> str:
    """The file's text: the same for the same environment, wherever the project lies on this machine."""
    plain = dataclasses.replace(
        environment, source="", packages=tuple(_movable(package, root) for package in environment.packages)
    )
    data: Json = {"format": FORMAT, "version": VERSION, "environment": _brief(plain)}
    return json.dumps(data, indent=1, sort_keys=True, allow_nan=False) + "\n"


def _movable(package: Package, root: Path) -> Package:
    """The package with a path in the project that is relative to it."""
    path = Path(unquote(urlsplit(package.origin.url).path))
    if package.origin.kind != "directory" or not path.is_relative_to(root):
        return package
    relative = Path(os.path.relpath(path, root)).as_posix()
    return dataclasses.replace(package, origin=dataclasses.replace(package.origin, url=relative))


def _brief(value: object) -> Json:
    """Fields without those that have their default."""
    if isinstance(value, tuple):
        return [_brief(item) for item in value]
    if not dataclasses.is_dataclass(value) or isinstance(value, type):
        return to_json(value)
    return {
        field.name: _brief(getattr(value, field.name))
        for field in dataclasses.fields(value)
        if getattr(value, field.name) != _default(field)
    }


def _default(field: dataclasses.Field[object]) -> object:
    made = field.default_factory
    return field.default if made is dataclasses.MISSING else made()

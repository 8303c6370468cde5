"""The ordered table of formats: the first that recognises a content reads it.

What one cannot read goes to the next; what none can is compared by its bytes, and the reason is told.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from pytest_reprocheck.core.values import Value
from pytest_reprocheck.execution.artifacts.archives import (
    is_compressed,
    is_tar,
    is_zip,
    read_compressed,
    read_tar,
    read_zip,
)
from pytest_reprocheck.execution.artifacts.arrays import is_npy, is_safetensors, read_npy, read_safetensors
from pytest_reprocheck.execution.artifacts.blocks import read_blocks
from pytest_reprocheck.execution.artifacts.content import Content, Reading
from pytest_reprocheck.execution.artifacts.databases import is_sqlite, read_sqlite
from pytest_reprocheck.execution.artifacts.delimited import is_delimited, read_delimited
from pytest_reprocheck.execution.artifacts.documents import is_json, is_json_lines, read_json, read_json_lines
from pytest_reprocheck.execution.artifacts.library import is_for_library, read_with_library
from pytest_reprocheck.execution.artifacts.nodes import UnreadableError
from pytest_reprocheck.execution.artifacts.pickles import is_pickle, read_pickle
from pytest_reprocheck.execution.artifacts.pictures import is_picture, read_picture
from pytest_reprocheck.execution.artifacts.texts import is_notebook, is_text, read_notebook, read_text


@dataclass(frozen=True, kw_only=True, slots=True)
class Kind:
    """One entry of the table."""

    name: str
    recognises: Callable[[Content], bool]
    """By the first bytes, or by the name where a format has no mark."""
    read: Callable[[Content, Reading], Value]
    """Raises UnreadableError for what is not as the format has it, or too large."""


def _kind(name: str, recognises: Callable[[Content], bool], read: Callable[[Content, Reading], Value]) -> Kind:
    return Kind(name=name, recognises=recognises, read=read)


KINDS: tuple[Kind, ...] = (
    _kind("picture", is_picture, read_picture),
    _kind("npy", is_npy, read_npy),
    _kind("zip", is_zip, read_zip),
    _kind("tar", is_tar, read_tar),
    _kind("sqlite", is_sqlite, read_sqlite),
    _kind("library", is_for_library, read_with_library),
    _kind("compressed", is_compressed, read_compressed),
    _kind("safetensors", is_safetensors, read_safetensors),
    _kind("pickle", is_pickle, read_pickle),
    _kind("notebook", is_notebook, read_notebook),
    _kind("json", is_json, read_json),
    _kind("json lines", is_json_lines, read_json_lines),
    _kind("csv", is_delimited, read_delimited),
    _kind("text", is_text, read_text),
)
"""In order: formats with a mark come before those that only a name tells, text last."""


def read_content(content: Content, reading: Reading) -> Value:
    """What is in a file or a member of an archive."""
    reasons = []
    for kind in KINDS if content.size else ():
        if kind.recognises(content):
            try:
                return kind.read(content, reading)
            except UnreadableError as error:
                reasons.append(f"{kind.name}: {error}")
            except (MemoryError, RecursionError) as error:
                reasons.append(f"{kind.name}: {type(error).__name__}")
    return read_blocks(content, reading.keeper, "; ".join(reasons) or "no format that is known")

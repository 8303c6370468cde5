"""Text of any kind: logs, reports, markdown, HTML, SVG, YAML, source; and notebooks."""

from __future__ import annotations

import json
from typing import Any

from pytest_reprocheck.core.values import Value
from pytest_reprocheck.execution.artifacts.content import Content, Reading
from pytest_reprocheck.execution.artifacts.keeping import text_value
from pytest_reprocheck.execution.artifacts.nodes import Made, Told, UnreadableError
from pytest_reprocheck.execution.artifacts.telling import tell

_MIMES = {
    ".log": "text/x-log",
    ".html": "text/html",
    ".htm": "text/html",
    ".svg": "image/svg+xml",
    ".xhtml": "text/html",
}
_BINARY = bytes(range(9)) + b"\x0e\x0f"
_MARKS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))


def decoded(data: bytes) -> tuple[str, str]:
    """Text and the name of its encoding; raises UnreadableError for what is no text."""
    encoding = next((name for mark, name in _MARKS if data.startswith(mark)), "utf-8")
    if encoding == "utf-8" and any(byte in data for byte in (b"\0", b"\x01", b"\x02", b"\x03")):
        raise UnreadableError("no text")
    try:
        return data.decode(encoding), encoding
    except UnicodeDecodeError:
        if encoding != "utf-8" or len(data.translate(None, _BINARY)) != len(data) or not _mostly_letters(data):
            raise UnreadableError("no text") from None
        return data.decode("latin-1"), "latin-1"


def _mostly_letters(data: bytes) -> bool:
    plain = sum(1 for byte in data[:65536] if 32 <= byte < 127 or byte in (9, 10, 13))
    return plain >= 0.7 * min(len(data), 65536)


def is_text(content: Content) -> bool:
    """Whether the beginning can be text."""
    return b"\0" not in content.head or content.head.startswith((b"\xff\xfe", b"\xfe\xff"))


def read_text(content: Content, reading: Reading) -> Value:
    """The text, of a kind that its name tells."""
    reading.take(content.size)
    text, _encoding = decoded(content.read())
    return text_value(text, reading.keeper, _MIMES.get(content.suffix, "text/plain"))


def is_notebook(content: Content) -> bool:
    """By the name."""
    return content.suffix == ".ipynb"


def read_notebook(content: Content, reading: Reading) -> Value:
    """The cells: sources and outputs, without numbers and times of execution and the cells' generated ids."""
    reading.take(content.size)
    try:
        document = json.loads(content.read())
        cells = [_cell(cell) for cell in document["cells"]]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise UnreadableError(f"no notebook: {error}") from error
    metadata = {
        name: value
        for name, value in document.get("metadata", {}).items()
        if name not in ("papermill", "widgets", "language_info")
    }
    return tell(Made(type="notebook", parts={"cells": cells, "metadata": metadata}), reading.keeper)


def _cell(cell: dict[str, Any]) -> Made:
    parts: dict[str, Any] = {"source": _joined(cell.get("source", ""))}
    for number, output in enumerate(cell.get("outputs", []), start=1):
        if "text" in output:
            parts[f"output {number} ({output.get('name', 'stdout')})"] = _joined(output["text"])
        elif output.get("output_type") == "error":
            parts[f"output {number} (error)"] = _joined(f"{output.get('ename')}: {output.get('evalue')}")
        for mime, data in output.get("data", {}).items():
            parts[f"output {number} ({mime})"] = _joined(data, mime)
    return Made(type=f"{cell.get('cell_type', 'unknown')} cell", parts=parts)


def _joined(data: Any, mime: str = "text/plain") -> Any:
    """Text, which notebooks keep in lines; other data as they are."""
    if isinstance(data, list) and all(isinstance(line, str) for line in data):
        data = "".join(data)
    return Told(type=mime if mime == "text/html" else "text/plain", text=data) if isinstance(data, str) else data

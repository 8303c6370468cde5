"""A traceback as its reader needs it: the user's own frames in full, those of libraries counted."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import groupby

ESCAPE = re.compile(r"\x1b\[[0-9;:?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)")
"""Colours and other terminal sequences, as IPython's tracebacks have them."""
_FRAME = re.compile(r"\s*File \"?(?P<path>[^\"\n]*?)\"?(?:, line \d+|:\d+)(?:, in |$)|Cell In\[")
_INSTALLED = re.compile(r"[/\\](?:site|dist)-packages[/\\](\w+)")
_PYTHON = re.compile(r"<frozen |[/\\]lib(?:64)?[/\\]python3\.\d+[/\\]")
_SOURCE = re.compile(r"\s{3,}|-+> ?\d|\s*\[Previous line repeated|\Z")
"""What belongs to the frame above it: indented lines, and IPython's arrow at the line that raised."""


def folded_traceback(detail: str) -> list[str]:
    """The lines without colours; frames of one library in a row are one line, ``... 5 frames in sklearn``."""
    lines: list[str] = []
    for package, frames in groupby(_frames(detail), key=lambda frame: frame[0]):
        blocks = [block for _package, block in frames]
        if package:
            plural = "s" if len(blocks) > 1 else ""
            lines.append(f"  ... {len(blocks)} frame{plural} in {package}")
        else:
            lines += [line for block in blocks for line in block]
    return lines


def _frames(detail: str) -> Iterator[tuple[str, list[str]]]:
    """The package whose frame it is, empty for the user's own and for what is no frame; and its lines."""
    package, inside = "", False
    block: list[str] = []
    for line in ESCAPE.sub("", detail).expandtabs().splitlines():
        header = _FRAME.match(line)
        if header or (inside and not _SOURCE.match(line)):
            if block:
                yield package, block
            block = []
            inside = header is not None
            package = _package(header["path"] or "") if header else ""
        block.append(line)
    if block:
        yield package, block


def _package(path: str) -> str:
    """The library that a file belongs to; empty for the user's own."""
    found = _INSTALLED.search(path)
    return found[1] if found else "Python itself" if _PYTHON.search(path) else ""


def fitted_frame(line: str, width: int) -> str:
    """A frame's line with its path cut from the left: where it is counts, and not where that lies."""
    found = re.match(r"(\s*File \"?)([^\"]+?)((?:\"?, line \d+|:\d+).*)\Z", line)
    if found is None or len(line) <= width:
        return line
    room = width - len(found[1]) - len(found[3]) - 4
    return f"{found[1]}.../{found[2][-room:].partition('/')[2]}{found[3]}" if room > 8 else line

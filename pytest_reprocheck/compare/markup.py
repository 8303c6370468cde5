"""HTML, SVG and scripts as lines: one for each tag, and one for each line of text, as the cell of a table."""

from __future__ import annotations

import re

# Attributes that hold a ">" are cut there, in both runs alike; in return no text takes more than linear time.
_TAG = re.compile(r"(<[^<>]*>)")
_CODE = re.compile(r"<(script|style)\b", re.IGNORECASE)


def markup_lines(text: str) -> list[str]:
    """The lines without indentation.

    All that is not text begins with ``<``: tags, and the lines of scripts and styles after the name of their tag.
    """
    lines = []
    code = ""
    for piece in _TAG.split(text):
        if piece.startswith("<") and piece.endswith(">"):
            lines.append(" ".join(piece.split()))
            opened = _CODE.match(piece)
            code = f"<{opened.group(1).lower()}> " if opened else ""
        else:
            # A "<" that opens no tag is text.
            shown = (line.strip().replace("<", "&lt;") for line in piece.splitlines())
            lines += [code + line for line in shown if line]
    return lines


def script_lines(text: str) -> list[str]:
    """The lines of a script as they stand in HTML."""
    return [f"<script> {line}" for line in map(str.strip, text.splitlines()) if line]

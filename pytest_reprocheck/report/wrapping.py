"""Lines of reports that are broken at spaces."""

from __future__ import annotations

import textwrap

_WIDTH = 80


def hanging(text: str, indent: int) -> list[str]:
    """Text in lines of at most 80 characters, all but the first indented; a long path or number stays whole."""
    return textwrap.wrap(
        text,
        _WIDTH,
        drop_whitespace=True,
        subsequent_indent=" " * indent,
        break_long_words=False,
        break_on_hyphens=False,
    )

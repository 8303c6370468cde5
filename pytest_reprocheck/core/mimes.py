"""The forms in which an output is sent: which say most, and which hold bytes."""

from __future__ import annotations

import re
from collections.abc import Iterable

_RICHNESS = (
    # Data of charts, widgets and tables, then documents, then pictures of them, then words about them.
    re.compile(r"application/(?:.+\+json|vnd\.jupyter\..+|geo\+json|json)$"),
    re.compile(r"text/html$"),
    re.compile(r"application/javascript$|text/javascript$"),
    re.compile(r"image/svg\+xml$"),
    re.compile(r"application/pdf$"),
    re.compile(r"(?:image|audio|video)/"),
    re.compile(r"text/(?:latex|markdown)$"),
    re.compile(r"(?!text/plain$)"),
)
_BYTES = re.compile(r"(?:image/(?!svg\+xml)|audio/|video/|font/|application/(?:pdf|octet-stream|zip|x-npy)$)")


def richest_first(mimes: Iterable[str]) -> list[str]:
    """Those that say most of the same thing first; plain text comes last."""
    return sorted(mimes, key=lambda mime: (richness(mime), mime))


def richness(mime: str) -> int:
    """The smaller, the more a form says."""
    return next((place for place, form in enumerate(_RICHNESS) if form.match(mime)), len(_RICHNESS))


def is_binary(mime: str) -> bool:
    """Whether a kernel sends it as base64."""
    return _BYTES.match(mime) is not None


def is_document(mime: str) -> bool:
    """Whether it is JSON by its name."""
    return richness(mime) == 0


OWN = "reprocheck"
"""Key of the metadata of outputs that show an audit; they are no results of the notebook that they stand in."""

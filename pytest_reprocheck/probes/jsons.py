"""JSON as ``json`` reads and writes it, by the same functions of C: what else that module loads is not needed here."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["dumps", "loads"]

try:
    from _json import encode_basestring_ascii, make_encoder, make_scanner
except ImportError:  # not CPython
    from json import dumps, loads
else:

    class _Settings:
        """What ``json.loads`` reads with."""

        strict = True
        object_hook = object_pairs_hook = array_hook = None
        parse_float = float
        parse_int = int
        parse_constant = staticmethod(float)

    _scan = make_scanner(_Settings)  # type: ignore[arg-type]  # has what is used of a decoder

    def dumps(value: object) -> str:  # type: ignore[misc]  # of what json takes, what is used here
        """The text of JSON data; raises TypeError where it is none."""
        sort_keys, skip_keys, allow_nan = False, False, True
        encode = make_encoder({}, _refuse, encode_basestring_ascii, None, ": ", ", ", sort_keys, skip_keys, allow_nan)
        return "".join(encode(value, 0))

    def loads(text: str) -> Any:  # type: ignore[misc]
        """What a text says; raises ValueError where it is no JSON."""
        try:
            value, end = _scan(text.strip(), 0)
        except StopIteration:
            end = -1
        if end != len(text.strip()):
            raise ValueError(f"no JSON: {text[:40]!r}")
        return value

    def _refuse(value: object) -> object:
        raise TypeError(f"no JSON data: {type(value).__name__}")

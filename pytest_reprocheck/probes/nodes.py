"""Values as JSON data (``core.values``), and the names of their types."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    Node = dict[str, Any]
    """A value with its ``kind`` and ``digest``."""


def opaque(kind: str, reason: str, *, digest: str | None) -> Node:
    """Something of which only a digest, or not even that, can be taken."""
    return {"kind": "opaque", "type": kind, "reason": reason, "digest": digest}


def type_name(kind: type) -> str:
    """Qualified name of a type, builtins bare."""
    module = str(getattr(kind, "__module__", ""))
    return kind.__qualname__ if module == "builtins" else f"{module}.{kind.__qualname__}"

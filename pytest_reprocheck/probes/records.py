"""Values of named fields: dataclasses for type checkers, without the milliseconds that making one takes at a start."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from dataclasses import dataclass as record
    from typing import Any
else:

    def record(**_options: Any) -> Any:
        """What makes a class one whose fields are given by keyword; a field without a value has the class's."""
        return _given_fields


__all__ = ["record"]


def _given_fields(kind: type) -> type:
    kind.__init__ = _init  # type: ignore[misc]
    return kind


def _init(self: Any, **fields: Any) -> None:
    self.__dict__.update(fields)

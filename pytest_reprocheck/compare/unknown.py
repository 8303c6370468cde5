"""Parts of a value that nothing is known of: they are never called equal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from pytest_reprocheck.core.values import Array, Display, Items, Object, Opaque, Table, Value


def is_unknown(value: Value) -> bool:
    """Whether not even a digest could be taken."""
    return isinstance(value, Opaque) and value.digest is None


def unknown_parts(value: Value) -> tuple[str, ...]:
    """Type and reason of each kind of unknown part, with the number of those that are kept beside others."""
    if isinstance(value, Opaque) and value.digest is None:
        return (f"{value.type}: {value.reason}",)
    counts = Counter(f"{part.type}: {part.reason}" for part in _opaque(value) if part.digest is None)
    kept = tuple(f"{told} ({count} part{'s' if count > 1 else ''})" for told, count in sorted(counts.items()))
    return (*kept, *(f"{told} (in parts that are not kept)" for told in _unknown(value) if told not in counts))


def _unknown(value: Value) -> tuple[str, ...]:
    return value.unknown if isinstance(value, (Array, Table, Items, Object, Opaque)) else ()


def _opaque(value: Value) -> Iterator[Opaque]:
    pending = [value]
    while pending:
        match pending.pop():
            case Opaque() as part:
                yield part
            case Items(keys=keys, values=values):
                pending += [*(keys or ()), *values]
            case Object(fields=fields):
                pending += fields.values()
            case Display(forms=forms):
                pending += forms.values()
            case _:
                pass

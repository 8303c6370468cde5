"""Parts of a value that nothing is known of: they are never called equal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from pytest_reprocheck.core.values import Display, Items, Object, Opaque, Value


def is_unknown(value: Value) -> bool:
    """Whether not even a digest could be taken."""
    return isinstance(value, Opaque) and value.digest is None


def unknown_parts(value: Value, *, nested: bool) -> tuple[str, ...]:
    """Type and reason of each kind of unknown part, with its number if it is not the value itself.

    ``nested`` looks into containers and objects too.
    """
    if isinstance(value, Opaque):
        return (f"{value.type}: {value.reason}",) if value.digest is None else ()
    if not nested:
        return ()
    counts = Counter(f"{part.type}: {part.reason}" for part in _opaque(value) if part.digest is None)
    return tuple(f"{told} ({count} part{'s' if count > 1 else ''})" for told, count in sorted(counts.items()))


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

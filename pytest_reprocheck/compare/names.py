"""Names of files that nobody chose: parts that are generated, and which file of the other run is meant."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping

from pytest_reprocheck.compare.normalise import Own

_GENERATED = re.compile(
    # identifiers and digests: at least eight hexadecimal digits, letters and digits among them
    r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
    r"|(?<![0-9a-zA-Z])(?=[a-f]{0,64}[0-9])(?=[0-9]{0,64}[a-f])[0-9a-f]{8,64}(?![0-9a-zA-Z])"
    # what tempfile appends to a prefix
    r"|(?<=tmp)[a-z0-9_]{8}(?![a-z0-9_])"
    # dates, times, and seconds since 1970 with up to nine digits of a fraction
    r"|(?<!\d)(?:19|20|21)\d\d[-_.]?[01]\d[-_.]?[0-3]\d"
    r"(?:[T_ -]{0,2}[0-2]\d[-_:.h]?[0-5]\d(?:[-_:.m]?[0-5]\d)?(?:[._,]\d{1,9})?)?(?!\d)"
    r"|(?<!\d)[0-2]\d[-_:][0-5]\d[-_:][0-5]\d(?!\d)"
    r"|(?<!\d)[12]\d{9}(?:[._]?\d{1,9})?(?!\d)"
)
_LEAST_PID = 2
"""Digits of a process id that is looked for in a name."""


def form_of(name: str, own: Own) -> str:
    """The name with a placeholder for each generated part."""
    form = _GENERATED.sub("<>", name)
    if len(own.pid) >= _LEAST_PID:
        form = re.sub(rf"(?<!\d){re.escape(own.pid)}(?!\d)", "<>", form)
    return form


def counterparts(a: Mapping[str, str | None], b: Mapping[str, str | None], own: tuple[Own, Own]) -> Mapping[str, str]:
    """For names that only B has the ones of A that differ in generated parts alone: equal content first, then by order.

    ``a`` and ``b`` have the digests of files that only this run has, by name.
    """
    waiting: dict[str, list[str]] = defaultdict(list)
    for name in a:
        waiting[form_of(name, own[0])].append(name)
    found: dict[str, str] = {}
    forms = {name: form for name in b if "<>" in (form := form_of(name, own[1]))}
    for equal in (True, False):
        for name, form in forms.items():
            if name in found:
                continue
            fitting = [each for each in waiting[form] if not equal or (b[name] is not None and a[each] == b[name])]
            if fitting:
                found[name] = fitting[0]
                waiting[form].remove(fitting[0])
    return found

"""Hash numbers under which given strings come in another order."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Sequence

_ORDERS = "import json, sys; print(json.dumps([list(set(group)) for group in json.load(sys.stdin)]))"
_PATIENCE = 20.0


def telling_hash(python: str, baseline: int, offered: Sequence[int], groups: Sequence[Sequence[str]]) -> int:
    """That of the offered numbers which gives most of the groups another order than the baseline does; else the first.

    Two strings keep their order under another number half of the time, so which number it is matters. Each group is
    in the order in which its strings are put in, which counts where their hashes collide.
    """
    if not groups:
        return offered[0]
    before = _orders(python, baseline, groups)
    best, most = offered[0], -1
    for number in offered:
        changed = sum(one != other for one, other in zip(before, _orders(python, number, groups), strict=True))
        if changed > most:
            best, most = number, changed
        if changed == len(groups):
            break
    return best


def _orders(python: str, number: int, groups: Sequence[Sequence[str]]) -> list[object]:
    try:
        result = subprocess.run(
            [python, "-S", "-c", _ORDERS],
            input=json.dumps(groups),
            env={**os.environ, "PYTHONHASHSEED": str(number), "REPROCHECK_CHILD": ""},
            capture_output=True,
            text=True,
            timeout=_PATIENCE,
            check=True,
        )
        orders: list[object] = json.loads(result.stdout)
    except (OSError, subprocess.SubprocessError, ValueError):
        return [None] * len(groups)
    return orders

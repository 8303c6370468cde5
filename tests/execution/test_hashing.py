"""A hash number that changes the order of given strings."""

from __future__ import annotations

import os
import subprocess
import sys

from pytest_reprocheck.execution.hashing import telling_hash

PAIRS = [("no", "yes"), ("cat", "dog"), ("A", "B")]


def order(number: int, group: tuple[str, ...]) -> str:
    """The strings as a set has them in a process of its own."""
    return subprocess.run(
        [sys.executable, "-c", f"print(list(set({group!r})))"],
        env={**os.environ, "PYTHONHASHSEED": str(number)},
        capture_output=True,
        text=True,
        check=True,
    ).stdout


def test_the_chosen_number_changes_the_order_of_two_strings() -> None:
    """Whatever pair it is: of sixteen numbers some give the other order."""
    for pair in PAIRS:
        chosen = telling_hash(sys.executable, 1, range(2, 18), [pair])
        assert order(chosen, pair) != order(1, pair)


def test_without_strings_or_an_interpreter_the_first_is_taken() -> None:
    """Nothing to go by, nothing chosen, and no error."""
    assert telling_hash(sys.executable, 1, [7, 8], []) == 7
    assert telling_hash("/no/such/python", 1, [7, 8], PAIRS) == 7

"""Where code makes an order of something unordered."""

from __future__ import annotations

import textwrap

import pytest

from pytest_reprocheck.core.sources import Unit, apply_edits
from pytest_reprocheck.diagnose.unordered import find_unordered

FOUND = {
    "list": "cols = list({'a', 'b'})",
    "union": "num = {'a'}\ncols = list(num | other)  # here",
    "keys": "cols = list(a.keys() & b.keys())",
    "for": "for word in set(words):  # here\n    vocabulary[word] = len(vocabulary)",
    "comprehension": "codes = {word: i for i, word in enumerate(set(words))}",
    "join": "text = ', '.join({w for w in words})",
    "starred": "cols = [*set(names)]",
    "formatted": "print(f'{set(names)}')",
    "printed": "print(set(names))",
    "unpacked": "first, second = {'a', 'b'}",
    "pop": "one = set(names).pop()",
    "argument": "model = CountVectorizer(vocabulary=set(words))",
    "max with key": "best = max(set(labels), key=labels.count)",
    "sorted with key": "ranked = sorted(set(words), key=len)",
    "through a function": "def names():\n    return {'a', 'b'}\ncols = list(names())  # here",
    "into a function": "def build(words):\n    return [w for w in words]  # here\nbuild({'a', 'b'})",
    "attribute": (
        "class Model:\n    def __init__(self):\n        self.seen = set()\n"
        "    def order(self):\n        return list(self.seen)  # here"
    ),
    "annotated": "def order(names: set[str]):\n    return list(names)  # here",
    "mapping of sets": "groups = defaultdict(set)\nfor name in groups['a']:  # here\n    out.append(name)",
    "augmented": "names = base()\nnames |= {'x'}\ncols = list(names)  # here",
    "hash": "bucket = hash(word) % 8",
}

SILENT = {
    "sorted": "cols = sorted(set(names))",
    "length": "n = len(set(names))",
    "membership": "ok = 'a' in set(names)",
    "sum": "total = sum(len(w) for w in set(names))",
    "set of a set": "both = {w.lower() for w in set(names)}",
    "set methods": "seen = set()\nseen.update(set(names))\nseen.isdisjoint(set(other))",
    "a list": "cols = list(names)",
    "dict keys": "cols = list({'a': 1})",
    "dunder hash": "class Key:\n    def __hash__(self):\n        return hash(self.name)",
    "bit arithmetic": "flags = [mask | other for mask in masks]",
}


@pytest.mark.parametrize("name", sorted(FOUND))
def test_orders_are_found(name: str) -> None:
    """One candidate, on the line that makes the order."""
    text = FOUND[name]
    lines = text.splitlines()
    expected = next((number for number, line in enumerate(lines, 1) if line.endswith("# here")), 1)
    candidates = find_unordered([Unit(path="a.py", cell=None, text=text)])
    assert [candidate.place.line for candidate in candidates] == [expected]


@pytest.mark.parametrize("name", sorted(SILENT))
def test_what_has_no_order_is_silent(name: str) -> None:
    """Commutative use of sets, and what is no set, gives no candidate."""
    assert find_unordered([Unit(path="a.py", cell=None, text=SILENT[name])]) == ()


def test_cells_share_names_and_magics_are_no_obstacle() -> None:
    """A set made in one cell is known in the next, also among IPython's magics."""
    units = [
        Unit(path="nb.ipynb", cell=0, text="%matplotlib inline\nnum = {'a', 'b'}\n!ls"),
        Unit(path="nb.ipynb", cell=2, text="%%time\ncols = list(num)"),
    ]
    (candidate,) = find_unordered(units)
    assert (candidate.place.cell, candidate.place.line, candidate.targets) == (2, 2, ("cols",))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("cols = list(set(a) | set(b))", "cols = sorted(set(a) | set(b))"),
        ("for w in set(words):\n    f(w)", "for w in sorted(set(words)):\n    f(w)"),
        ("t = tuple({'ä', 'b'})", "t = tuple(sorted({'ä', 'b'}))"),
        ("x = 'ü'; cols = list(\n    set(a)\n)", "x = 'ü'; cols = sorted(set(a))"),
    ],
)
def test_the_remedy_sorts(before: str, after: str) -> None:
    """The edit puts sorted() where the order is made, whatever characters stand before it."""
    unit = Unit(path="a.py", cell=None, text=textwrap.dedent(before))
    (candidate,) = find_unordered([unit])
    assert candidate.remedy is not None
    assert apply_edits([unit], [candidate.remedy])["a.py", None] == after

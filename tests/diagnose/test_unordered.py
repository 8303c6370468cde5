"""Where code makes an order of something unordered."""

from __future__ import annotations

import textwrap

import pytest

from pytest_reprocheck.core.sources import Unit, apply_edits
from pytest_reprocheck.diagnose.unordered import depends_on_hash, find_unordered

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
    "dunder hash called": "bucket = word.__hash__() % 8",
    "property": (
        "class Corpus:\n    @property\n    def words(self):\n        return {w for w in self.text}\n"
        "def order(corpus):\n    return list(corpus.words)  # here"
    ),
    "cached property": (
        "class Corpus:\n    @functools.cached_property\n    def words(self):\n        return set(self.text)\n"
        "codes = {w: i for i, w in enumerate(corpus.words)}  # here"
    ),
    "dataclass field": "@dataclass\nclass Doc:\n    tags: frozenset[str]\ndef f(d):\n    return tuple(d.tags)  # here",
    "field with a factory": (
        "@dataclass\nclass Doc:\n    tags: 'set' = field(default_factory=set)\n"
        "def f(d):\n    return [t for t in d.tags]  # here"
    ),
    "class attribute": (
        "class Model:\n    NAMES = {'a', 'b'}\n    def f(self):\n        return list(self.NAMES)  # here"
    ),
    "percent": "text = '%s' % set(words)",
    "percent with several": "text = '%d %s' % (3, set(words))",
    "reduce of sets": "names = reduce(operator.or_, map(set, docs))\ncols = list(names)  # here",
    "reduce from a set": "names = functools.reduce(lambda a, b: a | set(b), docs, set())\ncols = list(names)  # here",
    "union of many": "names = set().union(*docs)\ncols = list(names)  # here",
    "set.union": "names = set.union(*map(set, docs))\ncols = list(names)  # here",
    "counter": "counts = Counter()\nfor doc in docs:\n    counts.update(set(doc))  # here",
    "counter made from a generator": "counts = Counter(w for doc in docs for w in set(doc))",
    "list of sets": "groups = [set(doc) for doc in docs]\nflat = [w for group in groups for w in group]  # here",
    "appended sets": (
        "groups = []\nfor doc in docs:\n    groups.append(set(doc))\nfor g in groups:\n    out += g  # here"
    ),
    "values of a mapping": (
        "groups = {k: set(v) for k, v in data}\nfor k, g in groups.items():\n    rows.extend(g)  # here"
    ),
    "annotated mapping": "def f(groups: dict[str, set[str]]):\n    return [list(g) for g in groups.values()]  # here",
    "setdefault": "groups = {}\nfor n in list(groups.setdefault(k, set())):  # here\n    f(n)",
    "mapped": "cols = list(map(str.lower, {'a', 'b'}))",
    "filtered": "cols = [c for c in filter(None, set(names))]",
    "first": "one = next(iter(set(names)))",
    "chained": "cols = list(itertools.chain(set(a), b))",
    "chained sets": "groups = [set(a), set(b)]\ncols = list(itertools.chain.from_iterable(groups))  # here",
    "generator handed on": "words = (w for w in set(names))\ncols = list(words)  # here",
    "extended": "cols.extend(set(names))",
    "plus": "cols += set(names)",
    "slice": "cols[:] = set(names)",
    "column of sets": "frame['tags'] = frame['text'].apply(set)\nflat = frame['tags'].explode()  # here",
    "column of sets joined": "tags = frame.groupby('k')['t'].agg(set)\ntext = tags.map(', '.join)  # here",
    "column of sets in a lambda": "tags = frame['t'].apply(set)\ntext = tags.apply(lambda s: ','.join(s))  # here",
    "series": "column = pd.Series(list(set(names)))",
    "index": "index = pd.Index(set(names))",
    "keys of a mapping": "codes = dict.fromkeys(set(names), 0)",
    "module's name": "import words\nSTOP = {'a', 'b'}\ncols = list(words.STOP)  # here",
    "imported under another name": "from words import STOP as S\nSTOP = {'a', 'b'}\ncols = list(S)  # here",
    "default": "def f(names={'a', 'b'}):\n    return list(names)  # here",
    "into a constructor": (
        "class Encoder:\n    def __init__(self, names):\n        self.names_ = names\n    def f(self):\n"
        "        return list(self.names_)  # here\nEncoder(set(words))"
    ),
    "field without a telling type": (
        "@dataclass\nclass Doc:\n    tags: object\ndocs = [Doc({'a', 'b'})]\n"
        "cols = [t for d in docs for t in d.tags]  # here"
    ),
    "exploded frame": "frame['tags'] = frame['text'].map(set)\nlong = frame.explode('tags')  # here",
    "list appended": "for text in texts:\n    rows.append([text.count(w) for w in set(words)])  # here",
    "tuple of a function": "def split():\n    return {'a'}, 3\nnames, n = split()\ncols = list(names)  # here",
    "closure": (
        "def outer():\n    names = {'a', 'b'}\n    def inner():\n        return list(names)  # here\n    return inner"
    ),
    "key views": "for name in a.keys() - b.keys():  # here\n    f(name)",
    "several lines": "cols = [\n    encode(c)\n    for c in set(cities)  # here\n]",
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
    "forgotten order": "cols = sorted(list(set(names)))\nn = len([w for w in set(names)])",
    "numpy's own sort": "cols = np.unique(list(set(names)))",
    "mapped into a set": "names = set(map(str.lower, set(words)))",
    "generator into a maximum": "longest = max(len(w) for w in set(words))",
    "sorted generator": "cols = sorted(w.lower() for w in set(words))",
    "union of starred sets": "names = set().union(*map(set, docs))",
    "update of a set": "seen = set()\nfor doc in docs:\n    seen.update(set(doc))",
    "dropped": "frame = frame.drop(columns={'a', 'b'})",
    "a column of lists": "frame['n'] = frame['text'].apply(len)\nflat = frame['n'].map(str)",
    "another key": "frame['tags'] = frame['text'].apply(set)\nrows = list(frame['text'])",
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
        ("x = 'ü'; cols = list(\n    set(a)\n)", "x = 'ü'; cols = sorted(\n    set(a)\n)"),
        ("one = next(iter(set(a)))", "one = next(iter(sorted(set(a))))"),
        ("t = ','.join(f(w) for w in set(a))", "t = ','.join(f(w) for w in sorted(set(a)))"),
        ("t = list(map(f, set(a)))", "t = list(map(f, sorted(set(a))))"),
    ],
)
def test_the_remedy_sorts(before: str, after: str) -> None:
    """The edit puts sorted() where the order is made, whatever characters stand before it."""
    unit = Unit(path="a.py", cell=None, text=textwrap.dedent(before))
    (candidate,) = find_unordered([unit])
    assert apply_edits([unit], candidate.remedies[:1])["a.py", None] == after


def test_members_without_an_order_are_sorted_by_a_key() -> None:
    """The second remedy works for members that cannot be compared."""
    unit = Unit(path="a.py", cell=None, text="for kind in {Kind.A, Kind.B}:\n    f(kind)")
    (candidate,) = find_unordered([unit])
    after = apply_edits([unit], candidate.remedies[1:])["a.py", None]
    assert after == "for kind in sorted({Kind.A, Kind.B}, key=repr):\n    f(kind)"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("kinds = set(names)", True),
        ("kinds = builtins.set(names)", True),
        ("def f(kinds: typing.Set[str]): ...", True),
        ("rest = names.difference(known)", True),
        ("place = hash(name) % 8", True),
        ("ax.set(title='A', xlabel='x')", False),
        ("event.set()", False),
    ],
)
def test_code_that_deals_with_sets_is_run_once_more(text: str, expected: bool) -> None:
    """A method named ``set`` makes none."""
    assert depends_on_hash([Unit(path="a.py", cell=None, text=text)]) is expected

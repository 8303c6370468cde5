"""Faults that are put into code: one place at a time, the rest as it was."""

from __future__ import annotations

import ast

import pytest

from benchmarks.mutants import OPERATORS, mutants

CASES = {
    "random-state": [
        ("m = Model(3, random_state=0)\n", "m = Model(3)\n"),
        ("m = Model(random_state=seed, depth=3)\n", "m = Model(depth=3)\n"),
        ("m = Model(\n    depth=3,\n    random_state=0,\n)\n", "m = Model(\n    depth=3\n,\n)\n"),
        ("y = split('ä', random_state=1)[0]\n", "y = split('ä')[0]\n"),
    ],
    "seed": [
        ("np.random.seed(0)\nx = 1\n", "pass\nx = 1\n"),
        ("torch.manual_seed(\n    7\n)\n", "pass\n\n\n"),
    ],
    "generator": [
        ("rng = np.random.default_rng(seed=3)\n", "rng = np.random.default_rng()\n"),
        ("rng = RandomState(0)\n", "rng = RandomState()\n"),
    ],
    "listing": [("files = sorted(folder.glob('*.csv'))\n", "files = list(folder.glob('*.csv'))\n")],
    "order-by": [
        ("q = 'SELECT a FROM t ORDER BY day DESC, a LIMIT 3'\n", "q = 'SELECT a FROM t LIMIT 3'\n"),
    ],
    "through-set": [("X = df[['a', 'b', 'c']]\n", "X = df[list({'a', 'b', 'c'})]\n")],
    "now": [
        ("end = pd.Timestamp('2021-03-01')\n", "end = pd.Timestamp.now()\n"),
        ("end = date(2021, 3, 1)\n", "end = date.today()\n"),
    ],
    "completion": [
        (
            "scores = [score(x) for x in xs]\n",
            (
                "import concurrent.futures as _concurrent; _pool = _concurrent.ThreadPoolExecutor(4); "
                "scores = [_task.result() for _task in _concurrent.as_completed([_pool.submit(lambda x=x: score(x)) "
                "for x in xs])]\n"
            ),
        ),
        (
            (
                "if on:\n    for x in xs:\n        y = f(x)\n        # both\n        a.append(y)\n"
                "        b.append(\n            g(y)\n        )\n"
            ),
            (
                "if on:\n    def _item(x):\n        y = f(x)\n        # both\n        return ((y), (g(y)), )\n"
                "    import concurrent.futures as _concurrent; _pool = _concurrent.ThreadPoolExecutor(4); "
                "[(a.append(_done[0]), b.append(_done[1])) for _done in (_task.result() for _task in "
                "_concurrent.as_completed([_pool.submit(_item, _each) for _each in xs]))]\n\n\n"
            ),
        ),
    ],
}


@pytest.mark.parametrize(
    ("operator", "before", "after"), [(name, *pair) for name, pairs in CASES.items() for pair in pairs]
)
def test_an_operator_changes_one_place(operator: str, before: str, after: str) -> None:
    """The text is what people write by mistake, its lines stay where they were, and it is still Python."""
    made = [each for each in mutants(before) if each.operator == operator]
    assert [each.text for each in made] == [after]
    assert after.count("\n") == before.count("\n")
    ast.parse(after)


def test_every_operator_is_tested() -> None:
    """None is without an example above."""
    assert list(CASES) == list(OPERATORS)


@pytest.mark.parametrize(
    "text",
    [
        "m = Model(random_state=None)\n",
        "rng = default_rng()\n",
        "files = sorted(names)\n",
        "q = 'SELECT a FROM t'\n",
        "x = ['a', 'a', 'b']\ny = ['a', 'b']\nz = [1, 2, 3]\n[a, b, c] = w\n",
        "end = datetime(year, 1, 1)\n",
        "scores = [x + 1 for x in xs]\npairs = [f(a, b) for a, b in c]\n",
        "not Python at all\n",
        "for x in xs:\n    if not x:\n        break\n    out.append(f(x))\n",
        "for x in xs:\n    model.set_params(depth=x)\n    out.append(score(model))\n",
    ],
)
def test_what_has_no_fault_to_take_stays(text: str) -> None:
    """Code that is without a seed, or that keeps an order of its own, makes no mutant."""
    assert list(mutants(text)) == []


def test_magics_stay() -> None:
    """Lines of a cell that are no Python are neither read nor changed."""
    (made,) = mutants("%matplotlib inline\n!ls\nnp.random.seed(0)\n")
    assert (made.text, made.first) == ("%matplotlib inline\n!ls\npass\n", 3)

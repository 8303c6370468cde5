"""Which generators a session's code has seeded."""

from __future__ import annotations

import pytest

from pytest_reprocheck.core.executions import Execution, State
from pytest_reprocheck.diagnose.seeding import Moves, seeded_states, unseeded_draws


def ran(*sources: str) -> list[Execution]:
    return [Execution(number=number, source=source) for number, source in enumerate(sources, start=1)]


@pytest.mark.parametrize(
    ("sources", "moves", "seeded"),
    [
        (["import random", "random.seed(0)"], {}, ("random",)),
        (["import numpy as np\nnp.random.seed(0)"], {}, ("numpy",)),
        (["from numpy import random as r\nr.seed(seed=1)"], {}, ("numpy",)),
        (["import torch\ntorch.manual_seed(1)"], {}, ("torch",)),
        (["import random\nrandom.seed()"], {}, ()),
        (["import random\nrandom.seed(None)"], {}, ()),
        (["import numpy as np\nnp.random.default_rng(3)"], {}, ()),
        (["import numpy as np\nnp.random.SeedSequence(3)"], {1: ("numpy",)}, ()),
        (["from lightning import seed_everything\nseed_everything(3)"], {1: ("random", "numpy")}, ("random", "numpy")),
        (["%matplotlib inline\nfix()"], {1: ("numpy",)}, ("numpy",)),
        (["model.fit(seed=3)"], {1: ("numpy",)}, ()),
    ],
)
def test_seedings_are_told_by_their_calls(sources: list[str], moves: Moves, seeded: tuple[State, ...]) -> None:
    """By module and argument; helpers, also the user's own, seed what they moved."""
    assert seeded_states(ran(*sources), moves, lambda name: {"seed"} if name == "fix" else set()) == seeded


def test_draws_before_a_seed_are_unseeded_and_those_after_it_are_not() -> None:
    """Cell by cell, with the line where the code tells it."""
    sources = [
        "import numpy as np",
        "np.random.rand()",
        "np.random.seed(1)",
        "np.random.rand()",
        "import uuid\nuuid.uuid4()",
    ]
    numpy: tuple[State, ...] = ("numpy",)
    moves: Moves = {2: numpy, 3: numpy, 4: numpy, 5: ()}
    found = unseeded_draws(ran(*sources), moves, lambda _name: ())
    shown: list[tuple[int, str, int | None]] = [(each.execution.number, each.what, each.line) for each in found]
    assert shown == [
        (2, "the global state of numpy", None),
        (5, "uuid.uuid4()", 2),
    ]


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("import numpy as np\nimport rich.style\nrng = np.random.default_rng(7)", False),
        ("from sklearn.svm import SVC\nmodel = SVC(random_state=0)", False),
        ("import rich.style, random\nx = random.random()", True),
        ("import rich.style\nfrom random import choice as pick\nx = pick('ab')", True),
        ("x = helper()", True),
    ],
)
def test_what_libraries_draw_while_they_are_imported_is_not_the_cells(source: str, told: bool) -> None:
    """Whether a cell uses Python's own generator is told by its names, not by the word: numpy's is another one."""
    moved: tuple[State, ...] = ("random",)
    found = unseeded_draws(ran(source), {1: moved}, lambda _name: ())
    assert [each.what for each in found] == (["the global state of random"] if told else [])

"""Remedies are concrete for the user's line."""

from __future__ import annotations

import pytest

from pytest_reprocheck.core.sources import Unit, apply_edits
from pytest_reprocheck.core.trace import Call, Event, Place, Source
from pytest_reprocheck.diagnose.remedies import remedy_for_draw


def draw(source: Source, what: str, line: int, *, stream: str | None = None, outermost: int | None = None) -> Event:
    """A draw in a.py."""
    stack = [Call(place=Place(path="a.py", line=line), function="f")]
    if outermost is not None:
        stack.append(Call(place=Place(path="a.py", line=outermost), function="<module>"))
    return Event(seq=1, source=source, stream=stream or f"{source}@a.py:{line}", what=what, step=0, stack=tuple(stack))


@pytest.mark.parametrize(
    ("event", "before", "after"),
    [
        (
            draw("estimator", "sklearn RandomForestClassifier", 3),
            "m = RandomForestClassifier(10)\nx = 1\nm.fit(x, x)",
            "m = RandomForestClassifier(10, random_state=0)\nx = 1\nm.fit(x, x)",
        ),
        (
            draw("estimator", "sklearn KMeans", 1),
            "KMeans(\n    n_clusters=3,\n    random_state=None,\n).fit(x)",
            "KMeans(\n    n_clusters=3,\n    random_state=0,\n).fit(x)",
        ),
        (
            draw("estimator", "sklearn train_test_split", 2),
            "train_test_split(a, b, random_state=1)\nc, d = train_test_split(\n    a,\n    b,\n)",
            "train_test_split(a, b, random_state=1)\nc, d = train_test_split(\n    a,\n    b, random_state=0)",
        ),
        (
            draw("numpy", "numpy.random.default_rng", 1),
            "rng = np.random.default_rng()",
            "rng = np.random.default_rng(0)",
        ),
        (draw("random", "random.Random", 1), "r = Random()", "r = Random(0)"),
        (
            draw("numpy", "numpy.random.choice", 1, stream="numpy"),
            "s = df.sample(5)",
            "s = df.sample(5, random_state=0)",
        ),
        (
            draw("numpy", "numpy.random.rand", 3, stream="numpy", outermost=5),
            "import numpy as np\ndef f():\n    return np.rand()\n\nprint(f())",
            "import numpy as np\ndef f():\n    return np.rand()\n\nimport numpy; numpy.random.seed(0); print(f())",
        ),
        (
            draw("random", "random.shuffle", 2, stream="random", outermost=1),
            "for row in rows:\n    random.shuffle(row)",
            "import random; random.seed(0)\nfor row in rows:\n    random.shuffle(row)",
        ),
        (
            draw("torch", "torch Linear", 1, stream="torch"),
            "model = nn.Linear(4, 2)",
            "import torch; torch.manual_seed(0); model = nn.Linear(4, 2)",
        ),
        (
            draw("tensorflow", "tensorflow.random.normal", 1, stream="tensorflow"),
            "w = tf.random.normal([2])",
            "import tensorflow; tensorflow.random.set_seed(0); w = tf.random.normal([2])",
        ),
    ],
)
def test_draws_get_seeds(event: Event, before: str, after: str) -> None:
    """The edit seeds the object or call that drew, or the global state above the statement that led there."""
    unit = Unit(path="a.py", cell=None, text=before)
    remedy = remedy_for_draw(event, "a.py", [unit])
    assert apply_edits([unit], remedy.edits)["a.py", None] == after


def test_the_text_uses_the_user_s_alias() -> None:
    """The remedy reads as the user would write it."""
    text = "import numpy as np\nprint(np.random.rand())"
    remedy = remedy_for_draw(
        draw("numpy", "numpy.random.rand", 2, stream="numpy"), "a.py", [Unit(path="a.py", cell=None, text=text)]
    )
    assert remedy.text == "np.random.seed(0)   (before line 2)"


def test_an_estimator_made_elsewhere_is_told_in_words() -> None:
    """Where no constructor is found there is no edit, but still a sentence."""
    remedy = remedy_for_draw(
        draw("estimator", "sklearn SGDClassifier", 1), "a.py", [Unit(path="a.py", cell=None, text="m.fit(x)")]
    )
    assert (remedy.text, remedy.edits) == ("give SGDClassifier an integer random_state", ())

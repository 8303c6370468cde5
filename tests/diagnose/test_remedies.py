"""Remedies are concrete for the user's line."""

from __future__ import annotations

import re

import pytest

from pytest_reprocheck.core.sources import Unit, apply_edits
from pytest_reprocheck.core.trace import Call, Event, Place, Source
from pytest_reprocheck.diagnose.concluding import draw_message
from pytest_reprocheck.diagnose.remedies import remedies_for_draw, remedies_for_order, remedies_for_read
from pytest_reprocheck.diagnose.unordered import find_unordered


def draw(
    source: Source,
    what: str,
    line: int,
    *,
    stream: str | None = None,
    outermost: int | None = None,
    seeded_by: str = "",
) -> Event:
    """A draw in a.py."""
    stack = [Call(place=Place(path="a.py", line=line), function="f")]
    if outermost is not None:
        stack.append(Call(place=Place(path="a.py", line=outermost), function="<module>"))
    return Event(
        seq=1,
        source=source,
        stream=stream or f"{source}@a.py:{line}",
        what=what,
        step=0,
        stack=tuple(stack),
        seeded_by=seeded_by,
    )


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
            "train_test_split(a, b, random_state=1)\nc, d = train_test_split(\n    a,\n    b, random_state=0,\n)",
        ),
        (
            draw("estimator", "sklearn SVC", 3),
            "from sklearn.svm import SVC as Machine\nm = Machine(\n    C=2)\nm.fit(x)",
            "from sklearn.svm import SVC as Machine\nm = Machine(\n    C=2, random_state=0)\nm.fit(x)",
        ),
        (
            draw("estimator", "sklearn SVC", 2),
            "make = functools.partial(SVC, C=2)\nmake().fit(x)",
            "make = functools.partial(SVC, C=2, random_state=0)\nmake().fit(x)",
        ),
        (
            draw("estimator", "sklearn KMeans", 2),
            "m = KMeans(\n    3,  # groups\n)\nm.fit(x)",
            "m = KMeans(\n    3, random_state=0,  # groups\n)\nm.fit(x)",
        ),
        (
            draw("numpy", "scipy LatinHypercube.__init__", 2, seeded_by="rng"),
            "from scipy.stats.qmc import LatinHypercube as Design\nd = Design(d=2)",
            "from scipy.stats.qmc import LatinHypercube as Design\nd = Design(d=2, rng=0)",
        ),
        (
            draw("numpy", "statsmodels GumbelCopula.rvs", 1, seeded_by="random_state"),
            "sample = copula.rvs(100, random_state=None)",
            "sample = copula.rvs(100, random_state=0)",
        ),
        (
            draw("numpy", "numpy.random.default_rng", 1),
            "rng = default_rng(\n    None,\n)",
            "rng = default_rng(\n    0,\n)",
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
        (
            draw("random", "keras Dense.__init__", 1, stream="random"),
            "layer = keras.layers.Dense(3)",
            "import keras; keras.utils.set_random_seed(0); layer = keras.layers.Dense(3)",
        ),
    ],
)
def test_draws_get_seeds(event: Event, before: str, after: str) -> None:
    """The edit seeds the object or call that drew, or the global state above the statement that led there."""
    unit = Unit(path="a.py", cell=None, text=before)
    remedy = remedies_for_draw(event, "a.py", [unit])[0]
    assert apply_edits([unit], remedy.edits)["a.py", None] == after


def test_the_text_uses_the_user_s_alias() -> None:
    """The remedy reads as the user would write it."""
    text = "import numpy as np\nprint(np.random.rand())"
    (remedy,) = remedies_for_draw(
        draw("numpy", "numpy.random.rand", 2, stream="numpy"), "a.py", [Unit(path="a.py", cell=None, text=text)]
    )
    assert remedy.text == "np.random.seed(0)   (before line 2)"


def test_an_estimator_made_elsewhere_is_told_in_words() -> None:
    """Where no constructor is found there is no edit, but still a sentence."""
    (remedy,) = remedies_for_draw(
        draw("estimator", "sklearn SGDClassifier", 1), "a.py", [Unit(path="a.py", cell=None, text="m.fit(x)")]
    )
    assert (remedy.text, remedy.edits) == ("give SGDClassifier an integer random_state", ())


def units(**texts: str) -> list[Unit]:
    """Files by name."""
    return [Unit(path=f"{name}.py", cell=None, text=text) for name, text in texts.items()]


def test_a_remedy_elsewhere_says_where() -> None:
    """The constructor's line is told, with its file where that is another one."""
    code = units(a="import models\nx = 1\nmodels.make().fit(x)", models="def make():\n    return SVC(C=2)  # wide")
    first, *further = remedies_for_draw(draw("estimator", "sklearn SVC", 3), "a.py", code)
    assert first.text == "return SVC(C=2, random_state=0)   (models.py:2)"
    assert further == []


def test_all_constructors_are_seeded_where_one_is_not_enough() -> None:
    """Several objects of a class may be fitted at one line: the second remedy seeds all, told as a diff."""
    code = units(a="models = [\n    SVC(C=1),\n    SVC(C=2),  # wide\n]\nfor m in models:\n    m.fit(x)")
    _first, second = remedies_for_draw(draw("estimator", "sklearn SVC", 6), "a.py", code)
    assert second.text.splitlines() == [
        "-    SVC(C=1),",
        "-    SVC(C=2),",
        "+    SVC(C=1, random_state=0),",
        "+    SVC(C=2, random_state=0),",
    ]
    after = apply_edits(code, second.edits)["a.py", None]
    assert after.splitlines()[1:3] == ["    SVC(C=1, random_state=0),", "    SVC(C=2, random_state=0),  # wide"]


def test_comments_are_not_repeated() -> None:
    """What stands behind the code speaks of the old line; a # in a text is no comment."""
    (unit,) = code = units(a="cols = list({'#1', '#2'})  # the columns")
    (candidate,) = find_unordered(code)
    assert remedies_for_order(candidate, code)[0].text == "cols = sorted({'#1', '#2'})"
    assert apply_edits([unit], candidate.remedies[:1])["a.py", None].endswith("# the columns")


def test_hash_becomes_a_checksum() -> None:
    """With the import that it needs, on a line that is there, below docstring and future imports."""
    text = '"""Doc."""\nfrom __future__ import annotations\nimport os\ndef bucket(word):\n    return hash(word) % 8'
    code = units(a=text)
    (candidate,) = find_unordered(code)
    (remedy,) = remedies_for_order(candidate, code)
    after = apply_edits(code, remedy.edits)["a.py", None].splitlines()
    assert (after[2], after[4]) == ("import zlib; import os", "    return zlib.crc32(repr(word).encode()) % 8")
    assert remedy.text.splitlines()[-1] == "+    return zlib.crc32(repr(word).encode()) % 8"


QUERIES = {
    "db.execute('SELECT a, b FROM t')": ("rowid", "a, b"),
    "db.execute('SELECT a FROM t WHERE x > 2 LIMIT 5')": ("rowid", "a"),
    "db.execute('SELECT k, sum(x) AS total, max(y) FROM t GROUP BY k')": ("k, total, 3",),
    "db.execute('SELECT a, b FROM t JOIN u USING (a)')": ("a, b",),
    "db.execute('SELECT * FROM t;')": ("rowid",),
    "db.execute(text('SELECT DISTINCT t.a FROM t LIMIT :n'))": ("t.a",),
}


@pytest.mark.parametrize("code", sorted(QUERIES))
def test_queries_are_ordered(code: str) -> None:
    """By the table's row number where it has one, then by all columns; before LIMIT and the semicolon."""
    unit = Unit(path="a.py", cell=None, text=code)
    event = draw("rows", "sqlite3 SELECT", 1, stream="rows@a.py:1")
    remedies = remedies_for_read("rows", event, [unit])
    rest = re.search(r"( LIMIT[^']*)?;?'\)", code)
    assert rest is not None
    for columns, remedy in zip(QUERIES[code], remedies, strict=True):
        assert remedy.text == f"{code[: rest.start()]} ORDER BY {columns}{code[rest.start() :]}"


def test_ties_are_told_apart() -> None:
    """An ORDER BY goes on with what it lacks; the query may be a name's value, in several lines, in another file."""
    query = 'RECENT = """\nSELECT day, price\nFROM prices\nORDER BY day DESC\nLIMIT 3\n"""  # newest'
    code = units(a="import sql\nrows = db.execute(sql.RECENT)", sql=query)
    event = draw("rows", "psycopg SELECT", 2, stream="rows@a.py:2")
    (remedy,) = remedies_for_read("rows", event, code)
    assert remedy.text == "ORDER BY day DESC, price   (sql.py:4)"
    assert "ORDER BY day DESC, price\nLIMIT 3" in apply_edits(code, remedy.edits)["sql.py", None]


@pytest.mark.parametrize("code", ["db.execute(query)", "db.execute(f'SELECT a FROM {t}')", "db.execute('SELEC a')"])
def test_other_queries_are_told_in_words(code: str) -> None:
    """Where there is no text to change, or it is no query, there is no edit, but still a sentence."""
    unit = Unit(path="a.py", cell=None, text=code)
    (remedy,) = remedies_for_read("rows", draw("rows", "sqlite3 SELECT", 1), [unit])
    assert remedy.edits == ()
    assert "ORDER BY" in remedy.text


def test_classes_that_draw_at_one_line_are_seeded_together() -> None:
    """A line that runs whatever estimator it is given: all that drew there are told, and seeded where they are made."""
    event = draw("estimator", "sklearn ShuffleSplit", 2)
    code = "def rows(cv):\n    return list(cv.split(X))\n"
    made = "print(rows(ShuffleSplit(3)), rows(GroupShuffleSplit()))"
    unit = Unit(path="a.py", cell=None, text=code + made)
    _nearest, remedy = remedies_for_draw(event, "a.py", [unit], others=["GroupShuffleSplit"])
    seeded = "print(rows(ShuffleSplit(3, random_state=0)), rows(GroupShuffleSplit(random_state=0)))"
    assert apply_edits([unit], remedy.edits)["a.py", None] == code + seeded

    (remedy,) = remedies_for_draw(event, "a.py", [Unit(path="a.py", cell=None, text=code)], others=["A", "B"])
    assert remedy.text == "give ShuffleSplit, A and B an integer random_state"
    assert draw_message(event, ["A", "B"]).endswith("nobody seeded numpy's global state; so do A and B")


TABLES = """
class Reading(Base):
    __tablename__ = "readings"
    id: Mapped[int] = mapped_column(primary_key=True)
    sensor: Mapped[str]

class Sensor(Base):
    code = Column(String, primary_key=True)

orders = Table("orders", metadata, Column("id", Integer, primary_key=True), Column("price", Float))
"""


@pytest.mark.parametrize(
    ("line", "after"),
    [
        ("session.scalars(select(Reading)).all()", "session.scalars(select(Reading).order_by(Reading.id)).all()"),
        (
            "rows = session.query(Reading).filter(Reading.sensor != 's').limit(9).all()",
            "rows = session.query(Reading).order_by(Reading.id).filter(Reading.sensor != 's').limit(9).all()",
        ),
        (
            "session.execute(select(Reading, Sensor).join(Sensor))",
            "session.execute(select(Reading, Sensor).order_by(Reading.id, Sensor.code).join(Sensor))",
        ),
        (
            "connection.execute(select(orders.c.price).where(orders.c.price > 0))",
            "connection.execute(select(orders.c.price).order_by(orders.c.id).where(orders.c.price > 0))",
        ),
        (
            "connection.execute(select(orders).order_by(orders.c.price.desc()).limit(3))",
            "connection.execute(select(orders).order_by(orders.c.price.desc(), orders.c.id).limit(3))",
        ),
        (
            "connection.execute(select(other.c.a, other.c.b).distinct())",
            "connection.execute(select(other.c.a, other.c.b).order_by(other.c.a, other.c.b).distinct())",
        ),
    ],
)
def test_an_order_by_for_a_statement_of_sqlalchemy(line: str, after: str) -> None:
    """By the primary keys that the code declares, behind what there is of an order, else by what is selected."""
    units = (Unit(path="a.py", cell=None, text=line), Unit(path="tables.py", cell=None, text=TABLES))
    (remedy,) = remedies_for_read("rows", draw("rows", "sqlite3 SELECT 1", 1), units)
    assert remedy.text == after


def test_a_statement_of_sqlalchemy_that_stands_elsewhere() -> None:
    """A name's value, or what a function gives."""
    for made in ("recent = select(orders).limit(3)", "def recent():\n    return select(orders).limit(3)"):
        asked = "connection.execute(recent)" if "=" in made else "connection.execute(recent())"
        units = (
            Unit(path="a.py", cell=None, text=asked),
            Unit(path="tables.py", cell=None, text=f"{TABLES}\n{made}\n"),
        )
        (remedy,) = remedies_for_read("rows", draw("rows", "sqlite3 SELECT 1", 1), units)
        assert "select(orders).order_by(orders.c.id).limit(3)   (tables.py:" in remedy.text


def test_a_statement_whose_keys_are_not_known() -> None:
    """Nothing is proposed that may not run."""
    units = (Unit(path="a.py", cell=None, text="session.scalars(select(Unknown))"),)
    (remedy,) = remedies_for_read("rows", draw("rows", "sqlite3 SELECT 1", 1), units)
    assert remedy.edits == ()

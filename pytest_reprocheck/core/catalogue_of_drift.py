"""The causes that a record tells: something around the subject is not what it was."""

from __future__ import annotations

from pytest_reprocheck.core.cause import Cause

_PRINTED_MEAN = 'print(f"mean rate {mean([0.2, 0.4, 0.9]):.3f}")\n'

DRIFT_CAUSES: tuple[Cause, ...] = (
    Cause(
        slug="data-changed",
        title="A file or a query does not give what it gave when the record was written",
        recurs=False,
        what=(
            "The committed record holds digests of each file that was read and of each query's rows. One of them is "
            "another now: rows or columns reordered, columns renamed, or values changed, and in which rows."
        ),
        why=(
            "A score that moved says nothing about the model when the data moved. A seeded split over other rows gives "
            "another test set."
        ),
        before={"prices.csv": "item,price\nkettle,30.0\nlamp,50.0\nmirror,10.0\n"},
        files={"prices.csv": "item,price\nkettle,30.0\nlamp,55.0\nmirror,10.0\n"},
        remedy="reprocheck audit example.py --update",
        limits=(
            "Rows of a file are told apart where it is a table (CSV, parquet); of other files only that they changed. "
            "What is fetched from another machine by other means than a query is not recorded."
        ),
    ),
    Cause(
        slug="code-changed",
        title="A function or cell is not the one that the record was written with",
        recurs=False,
        what=(
            "The committed record holds a digest of each function and cell that ran, without comments and blank lines. "
            "One of them is another now."
        ),
        why="A change that was meant to leave results alone did not, or nobody saw that it would change them.",
        before={"example.py": "def mean(rates):\n    return sum(rates) / len(rates)\n\n\n" + _PRINTED_MEAN},
        remedy="reprocheck audit example.py --update",
        limits="Which of several changed functions did it is not tried out. Code that did not run is not recorded.",
    ),
    Cause(
        slug="dependency-drift",
        title="Another version of a package is installed than the record was written with",
        recurs=False,
        what=(
            "The committed record names the version of each package that the subject imported, and Python's own. One "
            "of them is another now."
        ),
        why="Libraries change their defaults and their numerics; the same code then gives another model.",
        remedy="uv pip sync .reprocheck/pylock.toml",
        limits=(
            "It is an error where results are others, and a warning where they are not. Of several packages none is "
            "blamed. Packages that the subject does not import are told by `reprocheck drift` alone."
        ),
    ),
    Cause(
        slug="host-changed",
        title="The machine is another one than the record was written on",
        recurs=False,
        what=(
            "Processor, number of threads, C library, driver, locale or time zone are not those of the committed "
            "record, and data, code and packages are."
        ),
        why="Other processors and other numbers of threads add in another order, and something may amplify that.",
        remedy="np.testing.assert_allclose(score, expected, rtol=1e-4)",
        limits="Results within tolerance are no drift, whatever the machine.",
    ),
)

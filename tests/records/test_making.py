"""What is in a record, and what is not."""

from __future__ import annotations

import csv
import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from pytest_reprocheck.core.errors import DecodeError
from pytest_reprocheck.core.records import Fact, Record, parse_record, record_path, record_text, same_but_commit
from pytest_reprocheck.core.sources import Unit
from pytest_reprocheck.records.code import code_of
from pytest_reprocheck.records.words import shown_names, words_of
from tests.records.projects import CITIES, TRAIN, run_record

People = tuple[Path, Record]


def fact(record: Record, what: str) -> Fact:
    (found,) = [each for each in record.facts if each.what == what]
    return found


def test_a_record_holds_what_a_training_is(people: People) -> None:
    """Features in order, parameters, the ensemble's trees, the split, scores and predictions, rounded."""
    _root, record = people
    features = fact(record, "RandomForestClassifier.fit X").told
    assert features.names == ("age", "income", "city_#1", "city_#2", "city_#3")
    assert features.parts["age"].type == "<i8"
    assert features.parts["income"].values == ()
    parameters = fact(record, "LogisticRegression.fit parameters").told.parts
    assert parameters["C"].text == "0.5"
    trees = fact(record, "RandomForestClassifier.fit fitted attributes").told.parts
    assert trees["estimators_[*].tree_.node_count"].shape == (5,)
    assert trees["estimators_[*].tree_.nodes.threshold"].type == "<f8"
    assert fact(record, "LogisticRegression.fit fitted attributes").told.parts["coef_"].shape == (1, 5)
    assert fact(record, "train_test_split").told.parts["[1].age"].digest
    assert fact(record, "accuracy_score").told.parts["value"].text.startswith("0.")
    proba = fact(record, "LogisticRegression.predict_proba").told.parts["value"]
    assert proba.shape == (30, 2)
    assert len(" ".join(proba.values).split()) == 60
    assert record.files["people.csv"].told is not None
    assert record.files["people.csv"].told.length == 120
    assert set(record.code["train.py"]) == {"", "load", "main"}
    assert {"scikit-learn", "pandas"} <= set(record.packages)
    assert record.host["machine"]


def test_no_row_category_or_id_is_in_a_record(people: People) -> None:
    """No id, no category, no number of the table, though rows are printed and models remember them."""
    root, record = people
    text = record_text(record)
    with (root / "people.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        assert row["name"] not in text
        assert row["income"] not in text
    for city in CITIES:
        assert city not in text
    assert len(text) < 60_000
    assert max(map(len, text.splitlines())) < 200


def printed(record: Record) -> list[str]:
    return [line for each in record.facts if each.what == "stdout" for line in each.told.parts["value"].values]


PRINTS = """
import csv
rows = list(csv.DictReader(open("people.csv")))
print("accuracy", 0.8125, "of age", 3)
print("mean of income", 54321.987654321012)
print("income", float(rows[0]["income"]))
print("name", rows[0]["name"], 0.5)
print("number of rows", 10 * len(rows))
print("Oslo", 0.75)
print(0.5)
"""


def test_printed_results_are_shown_where_they_are_no_data(people: People, tmp_path: Path) -> None:
    """In words of the code; a value of the table, an id, and what comes of a file that is no table are not."""
    root, trained = people
    assert printed(trained)[0].startswith("accuracy 0.")
    shutil.copy(root / "people.csv", tmp_path)
    (tmp_path / "train.py").write_text(PRINTS, encoding="utf-8")
    shown = [line for line in printed(run_record(tmp_path, "train.py")) if line]
    assert shown == ["accuracy 0.8125 of age 3", "mean of income 54321.9877", "Oslo 0.75"]
    (tmp_path / "secret.txt").write_text("x", encoding="utf-8")
    (tmp_path / "train.py").write_text("open('secret.txt')\nprint('accuracy', 0.5)\n", encoding="utf-8")
    assert not printed(run_record(tmp_path, "train.py"))


def test_values_are_shown_on_demand(people: People) -> None:
    """With ``values = "show"`` names of features and printed lines stand as they are."""
    root, _record = people
    text = record_text(run_record(root, "train.py", clear=True))
    assert "city_Paris" in text
    assert "cust00003" in text


def test_a_record_is_the_same_in_another_checkout(people: People, tmp_path: Path) -> None:
    """Byte for byte, wherever the project lies, and it can be read again."""
    root, record = people
    for name in ("people.csv", "train.py"):
        shutil.copy(root / name, tmp_path / name)
    again = run_record(tmp_path, "train.py")
    assert record_text(again) == record_text(record)
    assert record_text(parse_record(record_text(record))) == record_text(record)
    assert same_but_commit(replace(record, commit="abc"), again)


def test_code_counts_by_function_and_without_comments() -> None:
    """A comment, a blank line and a moved function change nothing; a changed line changes its function alone."""
    before = code_of([Unit(path="train.py", cell=None, text=TRAIN)])["train.py"]
    commented = TRAIN.replace("    people = load()", "    # read\n\n    people = load()  # now").replace(
        "\n\n\n", "\n\n\n\n"
    )
    assert code_of([Unit(path="train.py", cell=None, text=commented)])["train.py"] == before
    changed = code_of([Unit(path="train.py", cell=None, text=TRAIN.replace("max_depth=3", "max_depth=4"))])["train.py"]
    assert {name for name in before if before[name] != changed[name]} == {"main"}
    magic = code_of([Unit(path="a.ipynb", cell=2, text="%matplotlib inline\nx = 1")])
    assert list(magic) == ["a.ipynb cell[2]"]


def test_words_that_are_not_the_users_are_numbered() -> None:
    """Words of code and of heads stay, others are numbered by their order, so that reordering shows."""
    known = words_of(["df['income']", "maxAge"])
    assert shown_names(["income", "city_Oslo", "age max", "x_Bern"], known) == ("income", "#3_#2", "age max", "#4_#1")
    assert shown_names(["b_Oslo", "a_Oslo"], known) == ("#3_#1", "#2_#1")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda text: "<<<<<<< HEAD\n" + text, "line 1 column 1: is not JSON.*merge conflict"),
        (lambda text: text[: len(text) // 2], "is not JSON"),
        (lambda text: "[]", "is no record"),
        (lambda text: text.replace('"reprocheck-record"', '"other"'), "is no record: the key 'format'"),
        (
            lambda text: text.replace('"version": 1\n', '"version": 9\n'),
            r"\$\.version: version 9 is unknown, 1 is read",
        ),
        (lambda text: text.replace('"kind": "script"', '"kind": 3'), r"\$\.kind: expected one of"),
        (lambda text: re.sub(r'"size": \d+', '"size": "big"', text), r"\$\.files\.people\.csv\.size: expected int"),
        (lambda text: text.replace('"what": "stdout"', '"what": null'), r"\$\.facts\[\d+\]\.what: expected str"),
    ],
)
def test_a_wrong_record_is_told_with_its_place(people: People, change: object, message: str) -> None:
    """Whatever is wrong in it."""
    assert callable(change)
    with pytest.raises(DecodeError, match="(?s)" + message) as raised:
        parse_record(change(record_text(people[1])))
    assert re.search(message, str(raised.value), re.DOTALL)


def test_records_of_subjects_have_names_of_their_own() -> None:
    """A script, a notebook of its name and sets of parameters."""
    names = {
        record_path("train.py", {}),
        record_path("train.ipynb", {}),
        record_path("train.ipynb", {"alpha": 0.1}),
        record_path("train.ipynb", {"alpha": 0.2}),
    }
    assert len(names) == 4
    assert all(name.startswith(".reprocheck/records/train") for name in names)

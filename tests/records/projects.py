"""Small projects, and the records of one run of them."""

from __future__ import annotations

import csv
import random
import tempfile
from pathlib import Path

from pytest_reprocheck.core.conditions import baseline
from pytest_reprocheck.core.records import Record
from pytest_reprocheck.core.subjects import Subject, SubjectKind
from pytest_reprocheck.execution.limits import Limits
from pytest_reprocheck.execution.running import runner
from pytest_reprocheck.recording import record_of

CITIES = ("Paris", "London", "Oslo")
TRAIN = """\
import pandas as pd
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score
from sklearn.model_selection import train_test_split
from sklearn.neighbors import KNeighborsClassifier


def load():
    return pd.read_csv("people.csv")


def main():
    people = load()
    X = pd.get_dummies(people.drop(columns=["churn", "name"]), columns=["city"])
    y = people["churn"]
    X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
    forest = RandomForestClassifier(n_estimators=5, max_depth=3, random_state=0).fit(X_train, y_train)
    print("accuracy", accuracy_score(y_test, forest.predict(X_test)))
    line = LogisticRegression(max_iter=50, C=0.5).fit(X_train, y_train)
    line.predict_proba(X_test)
    KNeighborsClassifier(n_neighbors=3).fit(X_train, y_train).predict(X_test)
    print(people.head())


main()
"""


def write_people(root: Path, *, rows: int = 120) -> None:
    """A table of people: a name that is an id, a category, two numbers and a label."""
    dice = random.Random(7)
    with (root / "people.csv").open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(["name", "age", "income", "city", "churn"])
        for number in range(rows):
            age, income = dice.randint(18, 80), dice.randint(10_000, 99_999) + 0.25
            city = dice.choice(CITIES)
            table.writerow([f"cust{number:05}", age, income, city, int(age + dice.random() * 40 > 60)])


def run_record(
    root: Path, path: str, kind: SubjectKind = "script", *, clear: bool = False, tells_rows: bool = False
) -> Record:
    """The record of one run under the conditions of run A, with the lines of the checkout."""
    subject = Subject(root=root, path=path, kind=kind)
    with runner(subject, limits=Limits(tells_rows=tells_rows)) as executor, tempfile.TemporaryDirectory() as blobs:
        (trace,) = executor.run([baseline(path, threads=1)])
        assert trace.outcome.status == "finished", trace.outcome.detail
        units = executor.units(trace.reached)
        return record_of(trace, units, subject, blobs=Path(blobs), clear=clear)

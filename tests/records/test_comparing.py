"""What is told of two records."""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pytest_reprocheck.core.codec import from_json, to_json
from pytest_reprocheck.core.conditions import baseline
from pytest_reprocheck.core.findings import Sameness
from pytest_reprocheck.core.records import DataFile, Fact, Part, Record, Told
from pytest_reprocheck.core.sources import Unit
from pytest_reprocheck.core.tolerance import Tolerance
from pytest_reprocheck.core.trace import Place
from pytest_reprocheck.core.values import Items, Object, Scalar, Value
from pytest_reprocheck.execution.inputs import read_inputs
from pytest_reprocheck.records.around import code_moved, moved_cells
from pytest_reprocheck.records.code import code_of, places_of
from pytest_reprocheck.records.comparing import Changes, compare_records
from pytest_reprocheck.records.data import file_change
from pytest_reprocheck.records.findings import drift_findings
from pytest_reprocheck.records.judging import Rules, judge
from pytest_reprocheck.records.leaves import leaves
from pytest_reprocheck.records.making import table_in
from pytest_reprocheck.records.numbers import grids, lines, read_lines
from pytest_reprocheck.records.telling import MORE, Look, tell
from tests.records.projects import write_people

People = tuple[Path, Record]
Rows = list[list[str]]


def changes(old: Record, new: Record, *, values_may_change: bool = False) -> Changes:
    return compare_records(old, new, tolerance=Tolerance(), values_may_change=values_may_change)


def with_part(record: Record, what: str, path: str, change: Callable[[Part], Part]) -> Record:
    """A record in which a part of one fact is another."""

    def changed(fact: Fact) -> Fact:
        if fact.what != what:
            return fact
        parts = dict(fact.told.parts) | {path: change(fact.told.parts[path])}
        return replace(fact, told=replace(fact.told, digest="other", parts=parts))

    return replace(record, facts=tuple(map(changed, record.facts)))


def moved_by(factor: float) -> Callable[[Part], Part]:
    """All numbers of a part times a factor, as another machine may round them."""

    def change(part: Part) -> Part:
        numbers = read_lines(part.values) * factor
        return replace(part, digest="other", values=lines(numbers.tolist()), grids=grids(numbers.reshape(part.shape)))

    return change


def test_a_record_and_itself_are_the_same(people: People) -> None:
    """Nothing moved, nothing is left uncompared."""
    found = changes(people[1], people[1])
    assert not any(
        (found.data, found.code, found.packages, found.host, found.effects, found.within, found.not_compared)
    )


@pytest.mark.parametrize(
    ("factor", "kind"), [(1 + 1e-12, "within"), (1 + 5e-8, "within"), (1 + 1e-3, "effects"), (1 - 1e-5, "effects")]
)
def test_noise_of_another_machine_is_no_drift(people: People, factor: float, kind: str) -> None:
    """Predictions within tolerance are told as such, others are effects; digests of another algorithm do not matter."""
    record = replace(people[1], host={"machine": "aarch64"})
    other = with_part(record, "LogisticRegression.predict_proba", "value", moved_by(factor))
    found = changes(record, other)
    assert [effect.what for effect in getattr(found, kind)] == ["LogisticRegression.predict_proba"]
    assert not found.not_compared
    found = changes(record, replace(other, digests="blake2b 1"))
    assert "LogisticRegression.predict_proba" in [effect.what for effect in getattr(found, kind)]
    assert len(found.effects) == (kind == "effects")
    assert found.not_compared


def test_grids_survive_noise_and_no_change() -> None:
    """Of numbers with noise one of the two digests is equal, wherever they lie; a change of a thousandth shows."""
    dice = np.random.default_rng(3)
    for _ in range(200):
        numbers = dice.normal(size=20) * 10.0 ** dice.integers(-8, 8)
        numbers[::5] = np.round(numbers[::5], 3)
        noisy = numbers * (1 + 1e-13 * dice.normal(size=20))
        assert any(one == other for one, other in zip(grids(numbers), grids(noisy), strict=True))
        assert not {*grids(numbers)} & {*grids(numbers * 1.001)}
    assert grids(np.array([9.9999999999])) != grids(np.array([1.0]))


def test_a_decision_that_flips_is_counted(people: People) -> None:
    """Predicted classes are decisions."""
    record = people[1]

    def flip(part: Part) -> Part:
        numbers = read_lines(part.values).astype(int)
        numbers[:3] = 1 - numbers[:3]
        return replace(part, digest="other", values=lines(numbers.tolist()), grids=grids(numbers))

    (effect,) = changes(record, with_part(record, "KNeighborsClassifier.predict", "value", flip)).effects
    assert (effect.aspect, effect.sameness, effect.note) == (
        "predictions",
        Sameness.DIFFERENT,
        "3 of 30 decisions flip",
    )


def test_packages_alone_are_an_error_with_an_effect_and_a_warning_without(people: People) -> None:
    """The versions are named, what the library renamed for itself is no effect, and what it had is what remedies."""
    record = people[1]
    old = replace(record, packages={**record.packages, "scikit-learn": "1.3.2"})
    (warning,) = drift_findings(changes(old, record), subject="train.py", units=(), accept=())
    assert (warning.cause, warning.severity, warning.aspects) == ("dependency-drift", "warning", ())
    assert "uv pip install scikit-learn==1.3.2" in warning.remedy
    renamed = with_part(old, "LogisticRegression.fit parameters", "C", lambda part: part)
    facts = [
        replace(fact, told=replace(fact.told, digest="", parts={**fact.told.parts, "old_": Part(type="str", text="a")}))
        for fact in renamed.facts
        if fact.what == "LogisticRegression.fit parameters"
    ]
    assert not changes(replace(old, facts=tuple(facts)), replace(record, facts=facts_of(record, facts[0]))).effects
    moved = with_part(old, "accuracy_score", "value", lambda part: replace(part, digest="x", text="0.1"))
    (error,) = drift_findings(changes(moved, record), subject="train.py", units=(), accept=())
    assert (error.severity, error.aspects, error.confirmed) == ("error", ("predictions",), False)
    assert "data and code are as they were" in error.message
    assert error.effects[0].a == "0.1"


def facts_of(record: Record, fact: Fact) -> tuple[Fact, ...]:
    return tuple(each for each in record.facts if each.what == fact.what)


def test_several_changes_are_told_together_and_none_is_blamed(people: People) -> None:
    """Data, code and a package: three findings, the effects once, and each says that it was not alone."""
    record = people[1]
    old = replace(
        with_part(record, "accuracy_score", "value", lambda part: replace(part, digest="x", text="0.1")),
        packages={**record.packages, "numpy": "1.26.4"},
        files={"people.csv": DataFile(size=3, digest="other")},
        code={"train.py": {**record.code["train.py"], "main": "other"}},
    )
    found = drift_findings(changes(old, record), subject="train.py", units=(), accept=())
    assert [each.cause for each in found] == ["data-changed", "code-changed", "dependency-drift"]
    assert [len(each.effects) for each in found] == [1, 0, 0]
    assert all("no experiment tells which" in each.message and not each.confirmed for each in found)
    assert found[0].location == record.places["file people.csv"]
    assert found[1].location == Place(path="train.py", line=TRAIN_MAIN)


TRAIN_MAIN = 13


def test_another_machine_alone(people: People) -> None:
    """No drift while results are within tolerance; the cause where they are not; packages bring their own BLAS."""
    record = people[1]
    other = replace(record, host={**record.host, "cpu": "another", "blas": "another"})
    (info,) = drift_findings(changes(other, record), subject="train.py", units=(), accept=())
    assert (info.cause, info.severity) == ("host-changed", "info")
    far = with_part(other, "accuracy_score", "value", lambda part: replace(part, digest="x", text="0.1"))
    (error,) = drift_findings(changes(far, record), subject="train.py", units=(), accept=())
    assert (error.cause, error.severity) == ("host-changed", "error")
    upgraded = replace(other, packages={**record.packages, "numpy": "1.26.4"})
    assert [each.name for each in changes(upgraded, record).host] == ["cpu"]


def test_what_nothing_explains_is_said(people: People) -> None:
    """Neither data nor code nor packages nor machine, and another result."""
    moved = with_part(people[1], "accuracy_score", "value", lambda part: replace(part, digest="x", text="0.1"))
    (finding,) = drift_findings(changes(moved, people[1]), subject="train.py", units=(), accept=())
    assert (finding.cause, finding.severity) == ("unexplained", "error")


def test_facts_that_differ_from_run_to_run_are_left_out(people: People) -> None:
    """They say nothing of drift, and that is said."""
    record = people[1]
    moved = with_part(record, "accuracy_score", "value", lambda part: replace(part, digest="x", text="0.1"))
    line = next(place for name, place in record.places.items() if "accuracy_score" in name)
    found = compare_records(moved, record, tolerance=Tolerance(), unstable={("predictions", "accuracy_score", line)})
    assert not found.effects
    assert [each.reason for each in found.not_compared] == ["it differs from run to run"]


def test_retraining_on_other_data_compares_everything_but_values(people: People) -> None:
    """Values may be others; a parameter, a column, a type or the shape of a model may not."""
    record = people[1]
    old = replace(record, files={"people.csv": DataFile(size=3, digest="other")})
    values = with_part(old, "LogisticRegression.predict_proba", "value", moved_by(1.5))
    values = with_part(values, "accuracy_score", "value", lambda part: replace(part, digest="x", text="0.1"))
    found = changes(values, record, values_may_change=True)
    assert (found.effects, len(found.values)) == ((), 2)
    (finding,) = drift_findings(found, subject="train.py", units=(), accept=("data-changed",))
    assert (finding.severity, finding.allowed != "", len(finding.effects)) == ("info", True, 2)
    for what, path, change in (
        ("LogisticRegression.fit parameters", "C", lambda part: replace(part, digest="x", text="2.0")),
        ("RandomForestClassifier.fit X", "age", lambda part: replace(part, digest="x", type="<f4")),
        ("LogisticRegression.fit fitted attributes", "coef_", lambda part: replace(part, digest="x", shape=(1, 7))),
    ):
        found = changes(with_part(old, what, path, change), record, values_may_change=True)
        assert [effect.what for effect in found.effects] == [what]
        (finding,) = drift_findings(found, subject="train.py", units=(), accept=("data-changed",))
        assert finding.severity == "error"


def table(folder: Path, rows: Rows) -> DataFile:
    """A table as a record has it."""
    with (folder / "table.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(rows)
    with tempfile.TemporaryDirectory() as blobs:
        found, _beyond = read_inputs(folder, ["table.csv"], Path(blobs), None)
        source = found["table.csv"]
        content = table_in(source.content)
        assert content is not None
        look = Look(blobs=Path(blobs), known=frozenset(rows[0]) | {"pay"}, numbers="never", blocks=True)
        return DataFile(size=source.size, digest=source.digest, told=tell(content, look))


def with_pay(rows: Rows) -> Rows:
    return [["name", "age", "pay", "city", "churn"], *rows[1:]]


def with_value(rows: Rows) -> Rows:
    return [*rows[:70], [rows[70][0], "17", *rows[70][2:]], *rows[71:]]


def as_floats(rows: Rows) -> Rows:
    return [rows[0], *([row[0], f"{row[1]}.5", *row[2:]] for row in rows[1:])]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda rows: [rows[0], *rows[:0:-1]], "rows reordered"),
        (lambda rows: [row[::-1] for row in rows], "columns reordered"),
        (with_pay, "column income is now pay"),
        (with_value, "values changed in age, rows 65-80"),
        (lambda rows: rows[:100], "120 -> 99 rows"),
        (lambda rows: [row[:4] for row in rows], "other columns: without churn"),
        (as_floats, "values changed in age, other types: age (<i8 -> <f8), rows 1-120"),
    ],
)
def test_how_a_table_changed_is_told(tmp_path: Path, change: Callable[[Rows], Rows], told: str) -> None:
    """Order of rows and columns, names, and which values, from digests alone."""
    write_people(tmp_path)
    with (tmp_path / "people.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.reader(file))
    assert file_change(table(tmp_path, rows), table(tmp_path, change(rows))) == told


def test_cells_that_moved_are_found() -> None:
    """A new cell before others moves them; a changed one between unchanged ones keeps its place."""
    old = {f"a.ipynb cell[{index}]": {"": text} for index, text in enumerate("abcd")}
    new = {f"a.ipynb cell[{index}]": {"": text} for index, text in enumerate("nabxd")}
    assert moved_cells(old, new) == {0: 1, 1: 2, 2: 3, 3: 4}
    assert moved_cells({}, new) == {}


def test_cells_that_stand_elsewhere_are_known_by_their_code() -> None:
    """Two cells that changed places are no new and no lost ones."""
    old = {f"a.ipynb cell[{index}]": {"": text} for index, text in enumerate("abcd")}
    new = {f"a.ipynb cell[{index}]": {"": text} for index, text in enumerate("acbd")}
    assert moved_cells(old, new) == {0: 0, 1: 2, 2: 1, 3: 3}
    empty = {"subject": "a.ipynb", "kind": "notebook", "conditions": baseline("a.ipynb", threads=1), "digests": "x 1"}
    before, after = (from_json(Record, to_json_with(empty, code)) for code in (old, new))
    assert [(each.name, each.what) for each in code_moved(before, after)] == [("a.ipynb cell[2]", "was cell[1]")]


def to_json_with(fields: dict[str, object], code: dict[str, dict[str, str]]) -> dict[str, object]:
    return {**fields, "conditions": to_json(fields["conditions"]), "code": code}


def test_a_changed_statement_is_told_with_its_line() -> None:
    """Outside of functions, whatever was put in before it."""
    old = "import os\nscale = 2\n\n\ndef run():\n    return scale\n\n\nprint(run())\n"
    new = "# a note\n" + old.replace("print(run())", "print(run() + 1)")
    (place,) = [each.place for each in code_moved(coded(old), coded(new))]
    assert place == Place(path="train.py", line=10)
    (gone,) = [each.place for each in code_moved(coded(old), coded(old.replace("print(run())", "")))]
    assert gone == Place(path="train.py")


def coded(text: str) -> Record:
    units = [Unit(path="train.py", cell=None, text=text)]
    return Record(
        subject="train.py", kind="script", conditions=baseline("train.py", threads=1), digests="x 1",
        code=code_of(units), places=places_of(units),
    )  # fmt: skip


def test_packages_that_other_code_imports_are_no_drift(people: People) -> None:
    """They follow from the code; with the same code they are drift, as another version is."""
    record = people[1]
    less = replace(record, packages={name: each for name, each in record.packages.items() if name != "scikit-learn"})
    other = replace(less, code={"train.py": {**record.code["train.py"], "main": "other"}})
    found = drift_findings(changes(other, record), subject="train.py", units=(), accept=())
    assert [(each.cause, each.severity) for each in found] == [
        ("code-changed", "warning"),
        ("dependency-drift", "info"),
    ]
    assert "scikit-learn" in found[1].message
    assert "is imported now" in found[1].message
    (drift,) = drift_findings(changes(record, less), subject="train.py", units=(), accept=())
    assert (drift.cause, drift.severity) == ("dependency-drift", "warning")
    assert "is not imported any more" in drift.message


def test_a_file_of_the_same_content_under_another_name_is_the_same_data(people: People) -> None:
    """Only where both are: the content and that the old one is not read any more."""
    record = people[1]
    renamed = replace(record, files={"old.csv": record.files["people.csv"]})
    assert not changes(renamed, record).data
    both = replace(record, files={**record.files, "old.csv": record.files["people.csv"]})
    assert [(each.name, each.what) for each in changes(both, record).data] == [
        ("old.csv", "was read, and is not any more")
    ]


def text_scalar(text: str) -> Scalar:
    return Scalar(type="str", text=repr(text), digest=text)


def member(name: str, **fields: Value) -> Items:
    """A tuple of a name and an estimator."""
    told = Object(type=f"sklearn.{name}", fields=fields, digest=f"{name}{sorted(fields.items())}")
    return Items(type="tuple", length=2, keys=None, values=(text_scalar(name), told), digest=f"{name} {told.digest}")


def ensemble(*members: Items) -> Told:
    fields: dict[str, Value] = {
        "estimators": Items(type="list", length=len(members), keys=None, values=members, digest=str(members)),
        "estimators_": Items(
            type="list", length=len(members), keys=None, values=tuple(each.values[1] for each in members), digest="f"
        ),
    }
    kept = Look(blobs=None, known=frozenset({"forest", "line", "boost"}))
    return tell(Object(type="sklearn.VotingClassifier", fields=fields, digest=str(members)), kept)


def depth(number: int | None) -> Scalar:
    return Scalar(type="int" if number else "NoneType", text=str(number), digest=str(number))


FOREST, LINE, BOOST = member("forest", max_depth=depth(4)), member("line", C=depth(1)), member("boost", rate=depth(2))
RULES = Rules(tolerance=Tolerance(), exact=True, lenient=False, labels=False)


def test_members_of_ensembles_are_told_by_their_names() -> None:
    """A parameter that is lost, a member that is lost; those that nobody may name are told by their type alone."""
    whole = ensemble(FOREST, LINE, BOOST)
    apart = judge(whole, ensemble(member("forest", max_depth=depth(None)), LINE, BOOST), RULES)
    assert apart is not None
    assert (apart.note, apart.a, apart.b) == ("estimators.forest.max_depth; also estimators_[0].max_depth", "4", "None")
    apart = judge(whole, ensemble(FOREST, LINE), RULES)
    assert apart is not None
    assert apart.note == "estimators.boost: in the record only; also estimators_[2]"
    hidden = ensemble(member("Oslo", rate=depth(2)), LINE)
    assert "Oslo" not in str(hidden.parts)


def test_parameters_of_fitted_members_share_a_digest() -> None:
    """They stand among the parameters of the whole; another version may add some."""

    def fitted(**more: Value) -> Told:
        tree = Object(type="sklearn.Tree", fields={"depth": depth(4), "nodes_": depth(9), **more}, digest=str(more))
        return tell(Object(type="sklearn.Forest", fields={"tree_": tree}, digest=str(more)), Look(blobs=None))

    assert set(fitted().parts) == {"tree_.nodes_", MORE}
    assert judge(fitted(), fitted(gain=depth(3)), RULES) is not None
    assert judge(fitted(), fitted(gain=depth(3)), replace(RULES, lenient=True)) is None


def test_a_value_is_told_by_its_leaves() -> None:
    """An empty value has none, and its digest stands for it."""
    assert not [*leaves(Items(type="list", length=0, keys=None, values=(), digest="d"), str, lambda _name: False)]
    assert isinstance(tell(Items(type="list", length=0, keys=None, values=(), digest="d"), Look(blobs=None)), Told)

"""Sets of parameters, wherever they come from."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_reprocheck.collecting import Scope, entries_of
from pytest_reprocheck.config import Config, Rule, parse_config, with_parameters
from pytest_reprocheck.core.errors import ConfigError
from pytest_reprocheck.parameters import as_arguments, grid, parse_pairs, read_sets
from tests.docs.pages import blocks

LISTED = [{"alpha": 0.1}, {"alpha": 1.0, "depth": 3}]


def test_a_grid_is_every_combination() -> None:
    """In the order of the lists; combined with listed sets it wins."""
    table = {"alpha": [0.1, 1], "depth": [3, 5]}
    every = ({"alpha": a, "depth": d} for a in (0.1, 1) for d in (3, 5))
    assert grid(table, "x") == tuple(every)
    config = parse_config(
        {"subject": [{"path": "a.ipynb", "parameters": {"alpha": 9, "name": "n"}, "grid": {"alpha": [1, 2]}}]}, "x"
    )
    assert config.rules[0].parameters == ({"alpha": 1, "name": "n"}, {"alpha": 2, "name": "n"})


@pytest.mark.parametrize(
    ("name", "text", "sets"),
    [
        ("sets.yaml", "- alpha: 0.1\n- {alpha: 1.0, depth: 3}\n", {"**": LISTED}),
        ("sets.json", '{"grid": {"seed": [1, 2]}}', {"**": [{"seed": 1}, {"seed": 2}]}),
        ("sets.toml", '["nb.ipynb"]\ngrid = {a = [1]}\n["jobs/*.py"]\nparameters = [{b = true}]',
         {"nb.ipynb": [{"a": 1}], "jobs/*.py": [{"b": True}]}),
        ("sets.yml", "nb.ipynb: [{a: null}]\n", {"nb.ipynb": [{"a": None}]}),
    ],
)  # fmt: skip
def test_a_file_of_sets(tmp_path: Path, name: str, text: str, sets: dict[str, object]) -> None:
    """For all subjects, or by subject; lists and grids in each of the formats."""
    (tmp_path / name).write_text(text, encoding="utf-8")
    assert {path: [*each] for path, each in read_sets(tmp_path / name).items()} == sets


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("sets.ini", "", "is neither YAML, JSON nor TOML by its name"),
        ("none.json", None, "cannot be read: No such file or directory"),
        ("sets.json", "{", "is not valid JSON: "),
        ("sets.toml", "a = ", "is not valid TOML: "),
        ("sets.yaml", "a: [", "is not valid YAML: "),
        ("sets.yaml", "", "expected sets of parameters, or a table of them by subject, got None"),
        ("sets.yaml", "[]", "expected at least one table, got []"),
        ("sets.yaml", "- {a: 2026-01-01}", "[0].a: expected a text, a finite number, true, false, a list or a table"),
        ("sets.yaml", "- {a: .nan}", "[0].a: expected a text, a finite number"),
        ("sets.json", '[{"a": 1}, {"a": 1}]', "[1]: reads the same as "),
        ("sets.json", '[{"1a": 1}]', "[0].1a: is no name of a parameter"),
        ("sets.json", '{"grid": {"a": 1}}', ".grid.a: expected a list of values, got 1"),
        ("sets.json", '{"grid": {}}', ".grid: expected at least one list of values"),
        ("sets.json", f'{{"grid": {{"a": {[*range(40)]}, "b": {[*range(40)]}}}}}', "gives more than 1000 sets"),
        ("sets.json", '{"../a": [{"a": 1}]}', "expected a glob from the root, got '../a'"),
    ],
)
def test_a_wrong_file_is_a_located_error(tmp_path: Path, name: str, text: str | None, message: str) -> None:
    """The file, the place in it, and what was expected there."""
    if text is not None:
        (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        read_sets(tmp_path / name)
    assert str(caught.value).startswith(str(tmp_path / name))
    assert message in str(caught.value)


def test_pairs_of_a_command_line() -> None:
    """Values are numbers, lists and the like where they look so, else texts."""
    assert parse_pairs(["a=0.1", "b=x=y", "c=[1, 2]", "d=True", "e=null", "f="], "-p") == {
        "a": 0.1, "b": "x=y", "c": [1, 2], "d": True, "e": None, "f": "",
    }  # fmt: skip
    for text in ("alpha", "=1", "a b=1"):
        with pytest.raises(ConfigError, match="-p: expected NAME=VALUE"):
            parse_pairs([text], "-p")


def test_a_script_gets_a_set_as_arguments(tmp_path: Path) -> None:
    """Behind its own ones, and each set is a subject that is named after it; a notebook has variables."""
    assert as_arguments({"a": 0.1, "b": True, "c": False, "d": None, "e": ["x", 2]}) == (
        "--a=0.1",
        "--b",
        "--e=x",
        "--e=2",
    )
    (tmp_path / "train.py").touch()
    (tmp_path / "nb.ipynb").touch()
    rule = Rule(where="x", path="train.py", args=("--fast",))
    config = with_parameters(Config(rules=(rule,)), None, ["learning-rate=0.1"])
    scope = Scope(root=tmp_path, config=config, invoked_from=tmp_path)
    (entry,) = entries_of(tmp_path / "train.py", scope, named=True)
    assert entry.subject.args == ("--fast", "--learning-rate=0.1")
    assert entry.subject.name == "train.py[learning-rate=0.1]"
    (entry,) = entries_of(tmp_path / "nb.ipynb", scope, named=True)
    assert entry.problem == "-p: **.parameters: 'learning-rate' is no name of a variable, as nb.ipynb needs it"


def test_sets_of_a_file_win_over_those_of_the_configuration(tmp_path: Path) -> None:
    """As flags do."""
    (tmp_path / "sets.json").write_text('{"nb.ipynb": [{"a": 2}, {"a": 3}]}', encoding="utf-8")
    (tmp_path / "nb.ipynb").touch()
    config = parse_config({"subject": [{"path": "*.ipynb", "parameters": {"a": 1}}]}, "x")
    scope = Scope(root=tmp_path, config=with_parameters(config, tmp_path / "sets.json"), invoked_from=tmp_path)
    entries = entries_of(tmp_path / "nb.ipynb", scope, named=False)
    assert [each.subject.name for each in entries] == ["nb.ipynb[a=2]", "nb.ipynb[a=3]"]


def test_the_documented_file_is_one(tmp_path: Path) -> None:
    """Its sets are those that the page speaks of."""
    (text,) = blocks("docs/parameters.md", "yaml")
    (tmp_path / "sets.yaml").write_text(text, encoding="utf-8")
    assert {path: len(sets) for path, sets in read_sets(tmp_path / "sets.yaml").items()} == {
        "train.ipynb": 2,
        "jobs/*.py": 2,
    }

"""Audits of scripts whose results are files."""

from __future__ import annotations

import contextlib
import importlib.util
from pathlib import Path

import pytest

from pytest_reprocheck import Audit, Options, Subject, audit
from pytest_reprocheck.auditing import audit_function
from tests.execution.helpers import write

OPTIONS = Options(try_remedies=False)


def audited(root: Path, text: str) -> Audit:
    write(root, {"train.py": text})
    return audit(Subject(root=root, path="train.py", kind="script"), OPTIONS)


def findings(result: Audit) -> list[tuple[str, int | None, str]]:
    return [(finding.cause, finding.location.line, finding.severity) for finding in result.findings]


def effects(result: Audit) -> set[tuple[str, str]]:
    return {
        (effect.what, effect.sameness.value)
        for finding in result.findings
        for effect in finding.effects
        if effect.aspect == "artifacts"
    }


def test_a_table_in_the_order_of_a_set_is_hash_order(tmp_path: Path) -> None:
    """The line that makes the order is named, though nothing is printed; the table has its columns reordered."""
    text = """\
        import csv
        animals = {"ant", "bee", "cat", "dog", "eel", "fox", "gnu"}
        with open("table.csv", "w", newline="") as file:
            writer = csv.writer(file)
            names = list(animals)
            writer.writerow(names)
            writer.writerow([len(name) + ord(name[0]) for name in names])
        """
    result = audited(tmp_path, text)
    assert result.verdict == "nondeterministic"
    assert findings(result) == [("hash-order", 5, "error")]
    assert effects(result) == {("file table.csv", "ordering only")}


def test_a_model_that_nobody_seeded_is_seen_in_its_pickle(tmp_path: Path) -> None:
    """And in a compressed joblib file; a file that only the score decides on is there in one run only."""
    text = """\
        import pickle
        import joblib
        import numpy as np
        from sklearn.tree import ExtraTreeClassifier
        X = np.random.default_rng(0).normal(size=(60, 3))
        model = ExtraTreeClassifier(max_depth=2).fit(X, X[:, 0] > 0)
        with open("model.pkl", "wb") as file:
            pickle.dump(model, file)
        joblib.dump(model, "model.joblib", compress=3)
        np.savez("data.npz", X=X)
        """
    result = audited(tmp_path, text)
    assert findings(result) == [("unseeded-estimator", 6, "error")]
    assert effects(result) == {("file model.pkl", "different"), ("file model.joblib", "different")}


def test_draws_while_a_file_is_open_are_found(tmp_path: Path) -> None:
    """The draw comes after the file was opened, in a later step."""
    result = audited(tmp_path, "import random\nfile = open('out.txt', 'w')\nx = 1\nfile.write(str(random.random()))\n")
    assert findings(result) == [("unseeded-random", 4, "error")]


def test_reads_while_a_file_is_open_are_nearer_than_earlier_ones(tmp_path: Path) -> None:
    """Of two draws from one source the one inside the block that writes is named, not the idle one before."""
    text = """\
        import random
        random.random()
        with open("out.txt", "w") as file:
            for _ in range(3):
                file.write(str(random.random()))
        idle = open("other.txt", "w").write("same")
        random.random()
        """
    assert findings(audited(tmp_path, text)) == [("unseeded-random", 5, "error")]


def test_a_history_that_grows_is_left_over(tmp_path: Path) -> None:
    """A file that every run appends to differs the next time; a log does not count."""
    text = """\
        import logging
        logging.basicConfig(filename="train.log", level=logging.INFO, format="%(asctime)s %(message)s")
        logging.info("fitted")
        with open("history.csv", "a") as file:
            file.write("3,0.5\\n")
        """
    result = audited(tmp_path, text)
    assert findings(result) == [("leftover-state", 4, "error")]
    assert effects(result) == {("file history.csv", "different")}


def test_a_sound_script_with_files_of_many_kinds_is_reproducible(tmp_path: Path) -> None:
    """Times in containers, generated names, logs and caches are noise; nothing is left uncompared."""
    text = """\
        import gzip, json, logging, os, sqlite3, time, uuid, zipfile
        import joblib, matplotlib, numpy as np
        matplotlib.use("agg")
        import matplotlib.pyplot as plt
        from sklearn.linear_model import Ridge
        form = {"datefmt": "%H:%M:%S", "format": "%(asctime)s %(message)s"}
        logging.basicConfig(filename="train.log", level=logging.INFO, **form)
        logging.info("start %s", uuid.uuid4().hex and "now")
        rng = np.random.default_rng(0)
        X = rng.normal(size=(50, 3))
        model = Ridge().fit(X, X @ [1.0, 2.0, 3.0])
        joblib.dump({"model": model, "names": {"a", "b", "c", "d"}}, "model.joblib", compress=3)
        np.savez_compressed("data.npz", X=X)
        with gzip.open("table.csv.gz", "wt") as file:
            file.write("a,b\\n1,2\\n")
        with zipfile.ZipFile("all.zip", "w") as archive:
            archive.writestr("a.txt", "a")
        database = sqlite3.connect("x.db")
        database.execute("CREATE TABLE IF NOT EXISTS t (a)")
        database.execute("DELETE FROM t")
        database.executemany("INSERT INTO t VALUES (?)", [(1,), (2,)])
        database.commit()
        database.close()
        open(f"part-{uuid.uuid4()}.txt", "w").write("same")
        open(f"worker-{os.getpid()}.json", "w").write(json.dumps({"coef": list(model.coef_)}))
        for kind in ("png", "svg", "pdf"):
            plt.plot([1, 2])
            plt.savefig(f"plot.{kind}")
            plt.close()
        """
    result = audited(tmp_path, text)
    assert findings(result) == []
    assert result.verdict == "reproducible"
    assert [item for item in result.not_compared if item.what.startswith("file ")] == []


def test_a_date_that_is_only_noted_is_a_warning(tmp_path: Path) -> None:
    """In a text as in a printed line; in a table it is a value, and an error."""
    noted = "import datetime\nopen('report.md', 'w').write(f'made on {datetime.date.today()}\\n')\n"
    result = audited(tmp_path, noted)
    assert (result.verdict, findings(result)) == ("reproducible", [("clock", 2, "warning")])
    assert result.findings[0].remedy.endswith("# reprocheck: allow[clock] only shown")
    result = audited(tmp_path, noted.replace("report.md", "report.csv"))
    assert (result.verdict, findings(result)) == ("nondeterministic", [("clock", 2, "error")])


def test_an_input_that_is_overwritten_is_seen(tmp_path: Path) -> None:
    """Also when nothing that is read from it is printed."""
    write(tmp_path, {"prices.csv": "price\n100.5\n"})
    text = """\
        lines = open("prices.csv").read().split()
        prices = [float(line) * 2 for line in lines[1:]]
        open("prices.csv", "w").write("price\\n" + "".join(f"{price}\\n" for price in prices))
        """
    result = audited(tmp_path, text)
    assert findings(result) == [("input-mutated", 3, "error")]
    assert effects(result) == {("file prices.csv", "different")}


@pytest.mark.parametrize("name", ["best_{0:.3f}.txt", "fold_{0:.1f}.txt"])
def test_another_name_that_somebody_chose_is_a_difference(tmp_path: Path, name: str) -> None:
    """A score in a file's name is a result."""
    text = f"import random\nscore = random.random()\nopen({name!r}.format(score), 'w').write('same')\n"
    result = audited(tmp_path, text)
    assert findings(result) == [("unseeded-random", 2, "error")]
    assert {sameness for _what, sameness in effects(result)} == {"different"}


@pytest.mark.parametrize("seed", ["", "0"])
def test_files_that_a_function_writes_are_compared(tmp_path: Path, seed: str) -> None:
    """In the project, and in a folder for temporary files that it was given; each call's files are read after it."""
    text = f"""\
        import random, json
        def train(folder):
            draw = random.Random({seed or "random.random()"}).random()
            (folder / "model.json").write_text(json.dumps({{"weight": draw}}))
            with open("scores.csv", "w") as file:
                file.write(f"fold,score\\n0,{{draw}}\\n")
        """
    root, given = tmp_path / "project", tmp_path / "given"
    given.mkdir()
    write(root, {"steps.py": text})
    spec = importlib.util.spec_from_file_location("steps_of_a_test", root / "steps.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    with contextlib.chdir(root):
        result = audit_function(module.train, (given,), {}, name="train", root=root, path="steps.py", options=Options())
    expected = set() if seed else {("file scores.csv", "different"), (f"file {given}/model.json", "different")}
    assert effects(result) == expected
    assert findings(result) == ([] if seed else [("unseeded-random", 3, "error")])

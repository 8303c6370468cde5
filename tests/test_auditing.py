"""Audits from beginning to end: real runs of small subjects."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import pytest

from pytest_reprocheck import Audit, Options, Subject, audit
from pytest_reprocheck.auditing import replay
from pytest_reprocheck.core.conditions import DEFAULT_FACTORS
from pytest_reprocheck.core.errors import ConfigError
from pytest_reprocheck.report.terminal import render_summary
from tests.execution.helpers import write, write_notebook

ANIMALS = "{'ant', 'bee', 'cat', 'dog', 'eel', 'fox', 'gnu', 'hen'}"


def audit_script(root: Path, text: str, options: Options | None = None) -> Audit:
    write(root, {"train.py": text})
    return audit(Subject(root=root, path="train.py", kind="script"), options)


def causes(result: Audit) -> list[tuple[str, int | None, bool]]:
    return [(finding.cause, finding.location.line, finding.confirmed) for finding in result.findings]


def test_a_sound_script_takes_two_runs(tmp_path: Path) -> None:
    """Seeded everything: reproducible, and what can be varied anywhere was really varied."""
    result = audit_script(tmp_path, "import random\nrandom.seed(1)\nprint(random.random(), sum([1, 2]))")
    assert (result.verdict, result.runs, result.findings) == ("reproducible", 2, ())
    assert tuple(result.factors) == DEFAULT_FACTORS
    applied = {name for name, report in result.factors.items() if report.status == "applied"}
    assert applied >= {"seed", "hash", "listing", "clock", "pid", "timezone", "cpus"}
    assert {result.factors[name].status for name in ("rows", "completion")} == {"not-applicable"}
    assert result.conditions["A"].hash != result.conditions["B"].hash


def test_hash_order_is_located_and_its_remedy_tried(tmp_path: Path) -> None:
    """The line that makes the order is named, not the one that shows it, and sorted() there makes the difference go."""
    text = f"names = {ANIMALS}\ncount = len(names)\ncolumns = list(names)\nprint(count, columns)\n"
    result = audit_script(tmp_path, text)
    assert result.verdict == "nondeterministic"
    assert causes(result) == [("hash-order", 3, True)]
    (finding,) = result.findings
    assert finding.remedy == "columns = sorted(names)  (tried: gone)"
    assert [(effect.place, effect.what, effect.sameness.value) for effect in finding.effects] == [
        ("train.py:4", "stdout", "ordering only")
    ]


def test_sites_and_sources_are_told_apart(tmp_path: Path) -> None:
    """Four independent causes in one script, each with its own line; an unseeded draw that reaches nothing is none."""
    result = audit_script(
        tmp_path,
        f"""\
        import random, uuid
        unused = random.Random().random()
        first = random.Random()
        second = random.Random()
        print("one", first.random())
        print("two", second.random())
        print("three", random.random())
        print("four", uuid.uuid4())
        print("five", list({ANIMALS}))
        """,
        Options(max_runs=10),
    )
    assert causes(result) == [
        ("unseeded-random", 3, True),
        ("unseeded-random", 4, True),
        ("unseeded-random", 7, True),
        ("os-entropy", 8, True),
        ("hash-order", 9, True),
    ]
    tried = [finding.remedy.endswith("(tried: gone)") for finding in result.findings]
    assert tried == [True, True, True, False, True]


def test_notebooks_have_cells_and_lines(tmp_path: Path) -> None:
    """A draw inside a function of an earlier cell is located there; the remedy is tried on a copy of the notebook."""
    write_notebook(
        tmp_path / "nb.ipynb",
        "import random\ndef draw():\n    rng = random.Random()\n    return rng.random()",
        "draw()",
    )
    result = audit(tmp_path / "nb.ipynb")
    (finding,) = result.findings
    assert (finding.cause, finding.location.cell, finding.location.line) == ("unseeded-random", 0, 3)
    assert finding.remedy == "rng = random.Random(0)  (tried: gone)"


def test_an_uncontrolled_difference_is_said_to_be_one(tmp_path: Path) -> None:
    """What differs when simply run again is nondeterminism, and does not hide a cause in the same text."""
    clock = "subprocess.run(['date', '+%s%N'], stdout=subprocess.PIPE, text=True).stdout"
    text = f"import random, subprocess\ndef main():\n    print({clock})\n    print('score', random.random())\nmain()\n"
    result = audit_script(tmp_path, text)
    assert result.verdict == "nondeterministic"
    assert causes(result) == [("unseeded-random", 4, True), ("unexplained", 5, False)]


def test_two_causes_in_one_text_are_told_apart(tmp_path: Path) -> None:
    """What explains one line of what a step prints does not explain the others."""
    text = "import random, time\ndef main():\n    print(time.time())\n    print('score', random.random())\nmain()\n"
    result = audit_script(tmp_path, text)
    assert causes(result) == [("unseeded-random", 4, True), ("clock", 3, True)]
    assert [finding.severity for finding in result.findings] == ["error", "warning"]


def test_too_few_runs_to_explain_is_inconclusive(tmp_path: Path) -> None:
    """A difference without a controlled explanation is not blamed on anything."""
    result = audit_script(tmp_path, "import random\nprint(random.random())", Options(max_runs=2))
    assert (result.verdict, result.runs, causes(result)) == ("inconclusive", 2, [("unexplained", 2, False)])


@pytest.mark.parametrize(
    ("runs", "verdict", "made"),
    [pytest.param(2, "inconclusive", 2, id="the replay"), pytest.param(4, "nondeterministic", 4, id="the remedy")],
)
def test_the_budget_ends_runs_under_way(tmp_path: Path, runs: int, verdict: str, made: int) -> None:
    """They count as not made; what is found by then stays."""
    (tmp_path / "runs").mkdir()
    text = f"""\
        import os, random, tempfile, time
        folder = {str(tmp_path / "runs")!r}
        tempfile.mkstemp(dir=folder)
        if len(os.listdir(folder)) > {runs}:
            time.sleep(600)
        print(random.random())
        """
    begun = time.monotonic()
    result = audit_script(tmp_path / "project", text, Options(budget=8, vary=("seed",), workspace="copy"))
    assert 8 <= time.monotonic() - begun < 60
    assert (result.verdict, result.runs, result.trials) == (verdict, made, 0)
    (finding,) = result.findings
    assert finding.cause == ("unexplained" if runs == 2 else "unseeded-random")
    assert runs == 2 or finding.remedy.endswith("(not tried)")


def test_limits_reach_the_runs(tmp_path: Path) -> None:
    """A subject that exceeds one has failed, with the step and the option."""
    write_notebook(tmp_path / "nb.ipynb", "x = 1", "while True: pass")
    result = audit(tmp_path / "nb.ipynb", Options(cell_timeout=1, start_timeout=100))
    advice = "no end of this cell after 1 s; if it needs longer, raise `cell-timeout`"
    assert (result.verdict, result.reason) == ("failed", f"nb.ipynb cell[1]: {advice}")
    result = audit_script(tmp_path / "project", "x = bytearray(10**10)\n", Options(memory=2 * 10**9))
    advice = "MemoryError; `memory` allows 2 GB, raise it if that is why"
    assert (result.verdict, result.reason) == ("failed", f"train.py:1: {advice}")


def test_a_script_that_raises_in_b_only_is_attributed(tmp_path: Path) -> None:
    """Another hash seed makes it fail: that is hash order, not a failed subject."""
    results = []
    for number in range(8):
        text = (
            f"names = list({ANIMALS})\nif names[0] > 'd' and hash('x{number}') % 2:\n"
            "    raise ValueError(names)\nprint('fine')\n"
        )
        write(tmp_path, {f"train{number}.py": text})
        result = audit(Subject(root=tmp_path, path=f"train{number}.py", kind="script"), Options(try_remedies=False))
        results.append(result)
    raised = [each for each in results if each.reason.startswith(("run A only", "run B only"))]
    assert raised
    assert all(each.verdict == "nondeterministic" for each in raised)
    assert {finding.cause for each in raised for finding in each.findings} == {"hash-order"}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("print(1)\nraise ValueError('no data')", "train.py:2: ValueError: no data"),
        ("import sys\nsys.exit(4)", "exit code 4"),
        ("x = = 1", "SyntaxError: invalid syntax"),
    ],
)
def test_a_subject_that_fails_everywhere_is_failed(tmp_path: Path, text: str, reason: str) -> None:
    """The reason is the user's own error, located."""
    result = audit_script(tmp_path, text)
    assert (result.verdict, result.findings, result.runs) == ("failed", (), 2)
    assert result.reason.endswith(reason)


def test_what_cannot_be_read_or_started_is_a_verdict(tmp_path: Path) -> None:
    """A missing file and a broken notebook fail, a missing kernel blocks; nothing is raised."""
    (tmp_path / "broken.ipynb").write_text("{")
    write_notebook(tmp_path / "other.ipynb", "1", kernel="no-such-kernel")
    assert audit(tmp_path / "missing.py").verdict == "failed"
    assert audit(tmp_path / "broken.ipynb").reason.startswith("broken.ipynb:1:2: not a notebook")
    blocked = audit(tmp_path / "other.ipynb")
    assert blocked.verdict == "blocked"
    assert "ipykernel install" in blocked.reason


def test_only_the_factors_asked_for_are_varied(tmp_path: Path) -> None:
    """Without the hash factor, hash order stays unseen, and no report claims it was varied."""
    result = audit_script(tmp_path, f"print(list({ANIMALS}))", Options(vary=("seed",)))
    assert (result.verdict, list(result.factors)) == ("reproducible", ["seed"])


def test_impossible_options_are_refused(tmp_path: Path) -> None:
    """One run cannot be compared."""
    with pytest.raises(ConfigError, match="max-runs: expected at least 2, got 1"):
        audit_script(tmp_path, "", Options(max_runs=1))


def test_two_audits_say_the_same(tmp_path: Path) -> None:
    """The verdict does not flicker: seeds derive from the subject, and what is written is sorted."""
    text = f"import random\nprint(random.random(), list({ANIMALS}))"
    one, two = (replace(audit_script(tmp_path, text), seconds=0.0, memory=0) for _ in range(2))
    assert one == two


def test_a_stored_audit_can_be_replayed(tmp_path: Path) -> None:
    """Under the recorded conditions the findings come again, and are gone once the cause is."""
    stored = audit_script(tmp_path, "import random\nprint(random.random())")
    again = replay(stored, tmp_path)
    assert (again.verdict, again.findings, again.runs) == ("nondeterministic", stored.findings, 2)
    write(tmp_path, {"train.py": "import random\nrandom.seed(0)\nprint(random.random())"})
    mended = replay(stored, tmp_path)
    assert (mended.verdict, mended.reason) == ("reproducible", "1 of 1 findings did not come again")


def test_a_second_cause_that_coincides_in_b_is_still_found(tmp_path: Path) -> None:
    """Two strings keep their order under every second hash seed: beside an unseeded draw, a third value is tried."""
    text = "import random\nprint(random.random())\nprint(list({'ab', 'cd'}))\n"
    found = []
    for number in range(6):
        write(tmp_path, {f"train{number}.py": text})
        result = audit(Subject(root=tmp_path, path=f"train{number}.py", kind="script"), Options(try_remedies=False))
        found.append({finding.cause for finding in result.findings})
    assert all("unseeded-random" in causes for causes in found)
    # The third number is chosen so that these very strings change places.
    assert all("hash-order" in causes for causes in found)


def test_causes_varied_together_are_divided_by_their_remedies(tmp_path: Path) -> None:
    """More draws than runs: those that share a run are told apart by trying the remedies one after the other."""
    lines = ["import random", *(f"r{i} = random.Random()" for i in range(7))]
    text = "\n".join([*lines, *(f"print(r{i}.random())" for i in range(7))])
    result = audit_script(tmp_path, text, Options(vary=("seed",)))
    assert result.runs == 8
    assert causes(result) == [("unseeded-random", line, True) for line in range(2, 9)]
    assert [effect.place for finding in result.findings for effect in finding.effects] == [
        f"train.py:{line}" for line in range(9, 16)
    ]


def test_a_coarse_uncontrolled_value_is_blamed_on_nothing(tmp_path: Path) -> None:
    """A and its replay agree by chance half of the time: what no repetition confirms is not called a cause."""
    text = "import os, random\nunused = random.random()\nprint('worker', os.getpid() % 2)\n"
    for number in range(6):
        write(tmp_path, {f"train{number}.py": text})
        result = audit(Subject(root=tmp_path, path=f"train{number}.py", kind="script"))
        assert not [finding for finding in result.findings if finding.confirmed and finding.remedy.endswith("stays)")]
        assert {finding.cause for finding in result.findings if not finding.confirmed} <= {"unexplained"}


def test_one_line_drawn_in_two_workers_is_one_finding(tmp_path: Path) -> None:
    """The same site in several processes is one cause."""
    text = """\
        import multiprocessing, random

        def draw(_number):
            return random.random()

        if __name__ == "__main__":
            with multiprocessing.get_context("fork").Pool(1, maxtasksperchild=1) as pool:
                print(pool.map(draw, range(3), chunksize=1))
    """
    result = audit_script(tmp_path, text)
    assert causes(result) == [("unseeded-random", 4, True)]


def test_draws_in_several_workers_are_located(tmp_path: Path) -> None:
    """Which worker does which task is up to chance, so often nothing can be confirmed; the line is told anyway."""
    text = """\
        import multiprocessing, random

        def draw(_number):
            return random.random()

        if __name__ == "__main__":
            with multiprocessing.get_context("fork").Pool(3) as pool:
                print(pool.map(draw, range(30), chunksize=1))
    """
    result = audit_script(tmp_path, text)
    (finding,) = result.findings
    assert (result.verdict, finding.cause, finding.location.line) == ("nondeterministic", "unseeded-random", 4)


def test_two_orders_are_two_findings(tmp_path: Path) -> None:
    """What the first remedy leaves is looked for anew, also in later steps."""
    text = f"""\
        first = list({ANIMALS})
        print(first)
        second = {{name: place for place, name in enumerate({ANIMALS})}}
        print(second)
    """
    result = audit_script(tmp_path, text)
    assert causes(result) == [("hash-order", 1, True), ("hash-order", 3, True)]
    assert all(finding.remedy.endswith("(tried: gone)") for finding in result.findings)


def test_files_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    """What is in them is not compared, and a pass says so."""
    outside = tmp_path.parent / f"{tmp_path.name}-outside"
    outside.mkdir()
    text = f"open('out.csv', 'w').write('1')\nopen('{outside}/far.txt', 'w').write('new')\n"
    (tmp_path / "project").mkdir()
    result = audit_script(tmp_path / "project", text, Options(workspace="copy"))
    assert result.verdict == "reproducible"
    assert [item.what for item in result.not_compared] == [f"file {outside}/far.txt"]
    assert "1 file written, not compared" in "\n".join(render_summary([result]))


def test_a_place_whose_remedy_changes_nothing_is_not_blamed(tmp_path: Path) -> None:
    """Where the reader of the code does not follow how the order is made, another set in the file is not blamed."""
    text = """\
        import builtins
        print(str(list({'x', 'y'}))[0])
        def show(kind):
            print("%s" % getattr(builtins, kind)("ant bee cat dog elk fox".split()))
        show("set")
        """
    result = audit_script(tmp_path, text)
    (finding,) = result.findings
    assert (finding.cause, finding.location.line, finding.confirmed) == ("hash-order", 5, True)
    assert "did not tell where" in finding.message
    assert finding.remedy == ""

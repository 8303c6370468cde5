"""``%reproaudit --session`` and its parts: what a live session tells without running anything."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.magics.kernels import LiveKernel, live_kernel, write_notebook

CELLS = (
    "import random\nimport numpy as np\nfrom packaging.version import Version",
    "rows = open('rows.csv').read()",
    "scale = 2",
    "value = scale * random.random()",
    "rng = np.random.default_rng()\nfixed = np.random.default_rng(3)",
)


@pytest.fixture(scope="module")
def kernel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveKernel]:
    """A session in which the third cell was edited and run after the fourth, and a cell was deleted."""
    folder = tmp_path_factory.mktemp("session")
    (folder / "rows.csv").write_text("a\n1\n")
    (folder / "requirements.txt").write_text("packaging==1.0\n")
    write_notebook(folder / "nb.ipynb", CELLS)
    with live_kernel(folder, JPY_SESSION_NAME="nb.ipynb") as found:
        found.run("import random; early = random.random()")
        found.run("%load_ext pytest_reprocheck")
        for index in (0, 1):
            found.run(CELLS[index], f"c{index}")
        found.run("gone = 1", "deleted")
        found.run(CELLS[3].replace("scale", "2"), "c3")
        found.run(CELLS[2], "c2")
        found.run(CELLS[3], "c3")
        found.run(CELLS[2], "c2")
        found.run(CELLS[4], "c4")
        found.run("np.random.seed(0)\nnp.random.rand()", "c5")
        found.run("open('rows.csv', 'a').write('2\\n')")
        yield found


def told(kernel: LiveKernel, line: str) -> str:
    shown = kernel.run(line)
    assert shown.reply["status"] == "ok", shown.text
    assert [output["metadata"] for output in shown.outputs] == [{"reprocheck": {}}]
    return " ".join(shown.text.split())


def test_all_of_a_session_is_told_at_once(kernel: LiveKernel) -> None:
    """Order, names without a cell, draws with their cells, and how much is known of what ran before."""
    text = told(kernel, "%reproaudit --session")
    assert "In [8] cell[3] ran before cell[2] above it did, as In [9]" in text
    assert "In [5] gone comes from here, and its cell was deleted, or not saved" in text
    assert "In [8] drew from the global state of random" in text
    assert "In [10]:1 drew from numpy.random.default_rng()" in text
    assert "the global state of numpy" not in text
    assert "Seeded by you: numpy." in text
    assert "1 cell ran before the extension was loaded" in text
    assert "rows.csv" in text
    assert "packaging 1.0" in text


@pytest.mark.parametrize(
    ("part", "there", "lacking"),
    [
        ("seeds", "drew from", "rows.csv"),
        ("env", "packaging 1.0 in the lock", "drew from"),
        ("data", "rows.csv 6 bytes, changed after In [4] began, which names it", "drew from"),
    ],
)
def test_parts_show_one_thing(kernel: LiveKernel, part: str, there: str, lacking: str) -> None:
    """Nothing of the others."""
    text = told(kernel, f"%reproaudit {part}")
    assert there in text
    assert lacking not in text


def test_looking_changes_nothing(kernel: LiveKernel) -> None:
    """Neither variables nor generators."""
    kernel.run("random.seed(4)")
    before = kernel.value("sorted(globals()), random.getstate()[1][:3]")
    told(kernel, "%reproaudit --session")
    assert (
        kernel.value("sorted(globals()), random.getstate()[1][:3]").replace("_i", "")[:200]
        == before.replace("_i", "")[:200]
    )
    assert kernel.value("random.random()") == repr(__import__("random").Random(4).random())

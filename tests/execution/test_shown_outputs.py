"""What real kernels and scripts show: noise of libraries is none, one number that changes is one difference."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

import pytest

from pytest_reprocheck.compare.alignment import compare_traces
from pytest_reprocheck.core.conditions import baseline
from pytest_reprocheck.core.findings import Difference
from pytest_reprocheck.core.subjects import Subject
from pytest_reprocheck.core.tolerance import Tolerance
from pytest_reprocheck.core.trace import Trace
from pytest_reprocheck.execution.limits import Limits
from pytest_reprocheck.execution.running import runner
from tests.execution.helpers import run_once, write, write_notebook


def notebook(root: Path, *cells: str, tags: dict[int, str] | None = None) -> Trace:
    """One run of a notebook of these cells."""
    write_notebook(root / "nb.ipynb", *cells, tags=tags)
    return run_once(Subject(path="nb.ipynb", root=root, kind="notebook"), timeout=120)


def script(root: Path, source: str) -> Trace:
    """One run of a script."""
    write(root, {"train.py": source})
    return run_once(Subject(path="train.py", root=root, kind="script"))


def differences(a: Trace, b: Trace) -> list[Difference]:
    """What counts among what the two runs put out."""
    found = compare_traces(a, b, tolerance=Tolerance()).differences
    return [item for item in found if item.sameness.counts and item.key.aspect == "outputs"]


def thrice(tmp_path: Path, cells: Sequence[str], changed: Sequence[str]) -> list[Difference]:
    """Differences of the changed notebook, after the other one has shown none between two runs of its own."""
    traces = []
    with ExitStack() as stack:
        # Pictures and pages are there as long as the runs' folders are.
        for name, source in (("a", cells), ("b", cells), ("c", changed)):
            write_notebook(tmp_path / name / "nb.ipynb", *source)
            subject = Subject(path="nb.ipynb", root=tmp_path / name, kind="notebook")
            executor = stack.enter_context(runner(subject, limits=Limits(run=120)))
            traces += executor.run([baseline(subject.name, threads=1)])
        first, again, other = traces
        assert first.outcome.status == other.outcome.status == "finished", first.outcome
        assert differences(first, again) == []
        return differences(first, other)


FRAMES = """\
import pandas as pd
frame = pd.DataFrame({"age": [31, 33], "score": [0.25, 0.5]}, index=["x", "y"])
frame
"""


def test_frames_and_their_styles_are_compared_by_cell(tmp_path: Path) -> None:
    """Each once, though they are sent in two forms, and styles have generated names."""
    pytest.importorskip("jinja2")
    cells = [FRAMES, "frame.style.highlight_max('age').set_caption('Ages')"]
    found = thrice(tmp_path, cells, [cells[0].replace("33", "34"), cells[1]])

    assert [(item.place.cell, item.a, item.b, item.note) for item in found] == [
        (0, "age[y]: 33", "age[y]: 34", "1 of 4 cells differ"),
        (1, "age[y]: 33", "age[y]: 34", "1 of 4 cells differ"),
    ]


def test_estimators_and_figures(tmp_path: Path) -> None:
    """Generated names in what scikit-learn and matplotlib display are noise; a parameter and a point are not."""
    cells = [
        "from sklearn.linear_model import Ridge\nRidge(alpha=2)",
        (
            "%config InlineBackend.figure_formats = ['png', 'svg', 'pdf']\nimport matplotlib.pyplot as plt\n"
            "points = plt.scatter([1, 2, 3], [1, 2, 3])"
        ),
    ]
    changed = [cells[0].replace("2", "3"), cells[1].replace("[1, 2, 3])", "[1, 2, 2])")]
    found = thrice(tmp_path, cells, changed)

    assert [(item.place.cell, item.key.what) for item in found] == [
        (0, "output 1 (text/html)"),
        (1, "output 1 (image/svg+xml)"),
    ]


@pytest.mark.parametrize(
    ("package", "cell", "changed", "told"),
    [
        ("plotly", ("import numpy as np, plotly.graph_objects as go\n"
         "go.Figure(go.Scatter(y=np.array([1.0, 2.0, 3.0]), name='train')).show('plotly_mimetype+notebook_connected')"),
         ("3.0", "4.0"), ("trace 0 'train' y[2]: 3.0", "trace 0 'train' y[2]: 4.0")),
        ("altair", ("import altair as alt, pandas as pd\n"
         "alt.Chart(pd.DataFrame({'age': [1, 2], 'score': [0.5, 0.7]})).mark_point().encode(x='age', y='score')"),
         ("0.7", "0.8"), ("score[1]: 0.7", "score[1]: 0.8")),
        ("bokeh", ("import numpy as np\nfrom bokeh.io import output_notebook\nfrom bokeh.plotting import figure, show\n"
         "output_notebook()\np = figure()\np.line(np.array([1.0, 2.0]), np.array([1.0, 2.5]))\nshow(p)"),
         ("2.5", "3.5"), ("y[1]: 2.5", "y[1]: 3.5")),
        ("ipywidgets", "import ipywidgets as w\nw.VBox([w.IntSlider(value=3), w.HTML('<b>0.5</b>')])",
         ("value=3", "value=4"), ("children[0].value: 3", "children[0].value: 4")),
    ],
)  # fmt: skip
def test_charts_and_widgets_by_their_data(
    package: str, cell: str, changed: tuple[str, str], told: tuple[str, str], tmp_path: Path
) -> None:
    """Two runs are the same, whatever names the library made up; one number more is one difference in each form."""
    pytest.importorskip(package)
    found = thrice(tmp_path, [cell], [cell.replace(*changed)])

    assert found
    assert all((item.a.endswith(told[0]), item.b.endswith(told[1])) == (True, True) for item in found)


def test_only_what_is_shown_in_the_end_counts(tmp_path: Path) -> None:
    """Updates of a display at its first place, cleared outputs, and widgets that take outputs."""
    pytest.importorskip("ipywidgets")
    cells = [
        (
            "from IPython.display import clear_output, display\nimport os\nimport ipywidgets\n"
            "handle = display(os.getpid(), display_id=True)"
        ),
        "handle.update('final {0}')",
        "print(os.getpid())\ndisplay(os.getpid())\nclear_output()\ndisplay('kept')",
        "taken = ipywidgets.Output()\nwith taken:\n    print('inside {0}')\ntaken",
    ]
    found = thrice(tmp_path, [cell.replace("{0}", "1") for cell in cells], [cell.replace("{0}", "2") for cell in cells])

    assert (found[0].place.cell, found[0].a) == (0, "'final 1'")
    assert {item.place.cell for item in found} == {0, 3}


def test_an_error_is_told_with_its_traceback(tmp_path: Path) -> None:
    """Without colours; another line that raises the same is a difference."""
    cells = ["{}\n1 / 0", "import time\nprint('after')"]
    tags = {0: "raises-exception"}
    first, other = (
        notebook(tmp_path / name, cells[0].format(line), cells[1], tags=tags)
        for name, line in (("a", "x = 1"), ("b", "x = 2"))
    )
    (error,) = [item for item in first.observations if item.what == "error"]

    assert error.value.kind == "text"
    assert "\x1b" not in error.value.text
    assert error.value.text.endswith("ZeroDivisionError: division by zero")
    assert [item.key.what for item in differences(first, other)] == ["error"]


def test_outputs_of_threads_in_another_order_are_one_difference(tmp_path: Path) -> None:
    """They are the same outputs."""
    cell = """\
        import threading
        from IPython.display import display
        for name in ORDER:
            thread = threading.Thread(target=display, args=(name,))
            thread.start()
            thread.join()
        """
    first, other = (
        notebook(tmp_path / name, textwrap.dedent(cell).replace("ORDER", repr(name))) for name in ("abc", "bca")
    )

    assert [(item.key.what, item.sameness.value) for item in differences(first, other)] == [
        ("order of outputs", "ordering only")
    ]


FIGURES = """\
    import matplotlib.pyplot as plt
    for last in (3, {0}):
        plt.figure()
        plt.plot([1, 2, last])
        plt.show()
        plt.close()
    plt.figure()
    plt.close()
    plt.figure()
    plt.plot([1, 2, {1}])
    plt.show()
    """


def test_figures_that_a_script_shows_are_outputs(tmp_path: Path) -> None:
    """Shown and closed again, or open at the end, each once; what was closed without being shown is none."""
    first, closed, opened = (
        script(tmp_path / name, FIGURES.format(*lasts)) for name, lasts in (("a", (3, 3)), ("b", (4, 3)), ("c", (3, 4)))
    )
    shown = [item.what for item in first.observations if item.value.kind == "image"]

    assert shown == ["figure 1 shown", "figure 1 shown", "figure 1"]
    assert [(item.key.what, item.key.occurrence) for item in differences(first, closed)] == [("figure 1 shown", 1)]
    assert [item.key.what for item in differences(first, opened)] == ["figure 1"]


def test_a_figure_that_cannot_be_drawn_is_told(tmp_path: Path) -> None:
    """The others are kept, and the script ends as it would."""
    trace = script(
        tmp_path,
        """\
        import matplotlib.pyplot as plt
        plt.figure()
        plt.title("$\\\\frac{$")
        plt.figure()
        print("done")
        """,
    )

    assert trace.outcome.status == "finished"
    assert [item.what for item in trace.observations if item.value.kind == "image"] == ["figure 2"]
    assert [item.what for item in trace.not_compared] == ["figure 1"]

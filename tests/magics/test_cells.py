"""``%%reproaudit`` in a live kernel: the traps of forking one, what is found, and that the session stays as it is."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.magics.kernels import LiveKernel, Shown, live_kernel

IN_COPY = "import os\nif os.environ.get('REPROCHECK'):\n    "


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("live")
    (folder / "pytest.ini").touch()
    return folder


@pytest.fixture(scope="module")
def kernel(folder: Path) -> Iterator[LiveKernel]:
    with live_kernel(folder) as found:
        found.run("%load_ext pytest_reprocheck")
        yield found


def audited(kernel: LiveKernel, source: str, *, options: str = "") -> Shown:
    shown = kernel.run(f"%%reproaudit {options}\n{source}")
    assert shown.outputs[0]["metadata"] == {"reprocheck": {}}, shown.text
    return shown


def report(shown: Shown) -> str:
    text: str = shown.outputs[0]["data"]["text/plain"]
    return text


def copies(kernel: LiveKernel) -> list[str]:
    """Processes of forked copies, by what they have that the session has not."""
    found = []
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            if str(kernel.connection_file).encode() in file.read_bytes():
                found.append(file.parent.name)
    return [process for process in found if process != str(kernel.process)]


def test_copies_cannot_speak_on_the_kernels_channels(kernel: LiveKernel) -> None:
    """No socket, epoll or eventfd of the kernel's is open in a copy; comms and input reach nobody."""
    code = f"""{IN_COPY}kinds = [os.readlink(f'/proc/self/fd/{{n}}') for n in os.listdir('/proc/self/fd')
             if os.path.lexists(f'/proc/self/fd/{{n}}')]
    # The copy's own loop has an epoll and a pair of sockets.
    assert sum(kind.startswith('socket:') for kind in kinds) <= 2, kinds
    get_ipython().kernel.session.send(None, 'stream', {{}})
    try:
        input('?')
    except EOFError:
        del kinds
    else:
        raise AssertionError"""
    assert "reproducible  2 runs" in report(audited(kernel, code))


def test_results_of_copies_are_compared_and_not_shown(kernel: LiveKernel) -> None:
    """The last expression is an output of the copies; what is shown is the real run's alone."""
    kernel.run("import random")
    shown = audited(kernel, "value = random.random()\nvalue")
    assert "output 1 (text/plain): different" in report(shown)
    assert [output["output_type"] for output in shown.outputs] == ["display_data", "execute_result"]
    assert shown.outputs[1]["data"]["text/plain"] == kernel.value("value")
    assert "output 1" not in report(audited(kernel, "random.random();"))


def test_cells_may_await(kernel: LiveKernel) -> None:
    """Copies have a loop of their own; the real run is the kernel's, in its own loop."""
    kernel.run("import asyncio\nloop = asyncio.get_running_loop()")
    code = "await asyncio.sleep(0.01)\nasync with asyncio.timeout(5):\n    done = await asyncio.sleep(0, 7)"
    shown = audited(kernel, code)
    assert "reproducible" in report(shown), report(shown)
    assert kernel.value("done, asyncio.get_running_loop() is loop") == "(7, True)"


def test_openmp_works_in_copies_after_it_has_run(kernel: LiveKernel) -> None:
    """Its threads are not in the copies, which would wait for them: they have one, and the report says so."""
    kernel.run(
        "import numpy as np\nfrom sklearn.ensemble import HistGradientBoostingClassifier\n"
        "X = np.random.default_rng(0).normal(size=(400, 4)); y = X[:, 0] > 0\n"
        "HistGradientBoostingClassifier(max_iter=3, random_state=0).fit(X, y)"
    )
    shown = audited(kernel, "model = HistGradientBoostingClassifier(max_iter=3, random_state=0).fit(X, y)")
    assert "reproducible" in report(shown), report(shown)
    assert "OpenMP has one thread in the forked runs" in shown.html


def test_worker_processes_are_started_anew_in_copies(kernel: LiveKernel) -> None:
    """The kernel's pool of joblib is not there in a copy, and goes on to work in the kernel."""
    kernel.run("from joblib import Parallel, delayed\nParallel(n_jobs=2)(delayed(abs)(i) for i in range(2))")
    shown = audited(kernel, "found = Parallel(n_jobs=2)(delayed(pow)(i, 2) for i in range(4))")
    assert "reproducible" in report(shown), report(shown)
    assert kernel.value("Parallel(n_jobs=2)(delayed(abs)(i) for i in found)") == "[0, 1, 4, 9]"


def test_states_that_all_copies_share_do_not_hide_unseeded_draws(kernel: LiveKernel) -> None:
    """Nobody has seeded numpy: a forest is named with its line and a remedy that was tried on the cell."""
    kernel.run("from sklearn.ensemble import RandomForestClassifier")
    shown = audited(kernel, "forest = RandomForestClassifier(n_estimators=3, n_jobs=2).fit(X, y)\nforest.score(X, y)")
    text = report(shown)
    assert "nondeterministic (1 confirmed)" in text
    assert "unseeded-estimator  In [" in text
    assert "random_state=0" in text
    assert "(tried: gone)" in text


def test_generators_of_earlier_cells_are_told_by_how_they_were_seeded(kernel: LiveKernel) -> None:
    """One without a seed differs; one with a seed does not, nor one with a long seed that was typed."""
    long = 0x1F2E3D4C5B6A79880706050403020100
    kernel.run(
        f"open_rng = np.random.default_rng()\nfixed = np.random.default_rng(3)\nlong = np.random.default_rng({long})"
    )
    text = report(audited(kernel, "total = fixed.normal() + long.normal()\ndrawn = open_rng.normal()"))
    assert "nondeterministic" in text
    assert "the generator open_rng of an earlier cell" in text
    assert "value of drawn: different" in text
    assert "total" not in text


def test_what_the_user_seeded_before_is_the_users(kernel: LiveKernel) -> None:
    """After a seed in an earlier cell, in a function of the user's too, copies and real run draw the same."""
    kernel.run("def fix(number):\n    random.seed(number)\n    np.random.seed(number)")
    kernel.run("fix(5)")
    expected = kernel.value("__import__('random').Random(5).random()")
    shown = audited(kernel, "first = random.random(), np.random.rand()\nfirst[0]")
    assert "reproducible" in report(shown), report(shown)
    assert shown.outputs[1]["data"]["text/plain"] == expected


def test_nothing_is_written_by_copies_and_what_the_real_run_writes_is_named(kernel: LiveKernel, folder: Path) -> None:
    """A file gets one line, and the report says that each run of the cell writes it."""
    code = "with open('runs.log', 'a') as file:\n    print('once', file=file)"
    shown = audited(kernel, code)
    assert (folder / "runs.log").read_text() == "once\n"
    assert "Each time that it runs, this cell writes runs.log." in report(shown)
    assert "reproducible" in report(shown)


def test_what_would_change_another_machine_is_refused_in_copies(kernel: LiveKernel) -> None:
    """The line is named, nothing was sent, and the report tells what would allow it."""
    code = f"import urllib.request\n{IN_COPY}urllib.request.urlopen('http://192.0.2.1/x', data=b'1', timeout=5)"
    text = report(audited(kernel, code))
    assert "would write to 192.0.2.1: POST http://192.0.2.1/x" in text
    assert ": blocked" in text


def test_a_session_that_uses_a_gpu_is_not_forked(kernel: LiveKernel) -> None:
    """It says so, offers the fresh audit, and runs the cell."""
    kernel.run(
        "import pytest_reprocheck.execution.live.severing as severing\n"
        "plain = severing._descriptors\nseverering_told = [(9, '/dev/nvidia-uvm')]\n"
        "severing._descriptors = lambda: severering_told"
    )
    shown = audited(kernel, "ran = 'yes'")
    kernel.run("severing._descriptors = plain")
    assert "this session uses a GPU, and what a GPU holds cannot be forked" in report(shown)
    assert "%reproaudit audits the whole notebook" in report(shown)
    assert kernel.value("ran") == "'yes'"


def test_history_has_one_entry_for_the_cell(kernel: LiveKernel) -> None:
    """Copies write none, and the prompt's number is the next one."""
    before = int(kernel.value("len(In)"))
    shown = audited(kernel, "1 + 1")
    assert shown.reply["execution_count"] == before
    assert int(kernel.value("len(In)")) == before + 2
    assert kernel.value("In[-3].splitlines()[-1]") == "'1 + 1'"


def test_a_hanging_copy_is_ended_with_all_it_started(kernel: LiveKernel) -> None:
    """By the limit, which the report names; nothing is left, and the cell runs."""
    begin = "import subprocess, time\n    subprocess.Popen(['sleep', '600'], start_new_session=True)"
    code = f"{IN_COPY}{begin}\n    time.sleep(600)"
    shown = audited(kernel, code, options="--timeout 1s")
    assert "no end after 1 s; if it needs longer, raise `--timeout`" in report(shown)
    assert shown.reply["status"] == "ok"
    assert copies(kernel) == []


def test_a_dying_copy_is_told_by_its_signal(kernel: LiveKernel) -> None:
    """The session lives on."""
    text = report(audited(kernel, f"{IN_COPY}os.kill(os.getpid(), 11)"))
    assert "the forked copy died: killed by SIGSEGV: a crash in compiled code" in text


def test_an_interrupt_ends_copies_and_the_cell(kernel: LiveKernel) -> None:
    """One sentence; the cell was not run, no process is left, variables are as they were."""
    kernel.run("kept = 1")
    asked = kernel.begin("%%reproaudit\nkept = 2\nwhile True: pass")
    messages = kernel.published(asked)
    early = []
    for message in messages:
        early.append(message)
        if message["msg_type"] == "display_data":
            break
    while not copies(kernel):
        pass
    kernel.manager.interrupt_kernel()
    shown = kernel.finish(asked, (item for source in (early, messages) for item in source))
    assert shown.reply["status"] == "error"
    assert "%%reproaudit was interrupted: the forked runs were ended, and the cell was not run." in shown.text
    assert kernel.value("kept") == "1"
    assert copies(kernel) == []


def test_a_cell_that_raises_is_told_with_its_line(kernel: LiveKernel) -> None:
    """In all runs alike; the real run raises as it would have."""
    shown = audited(kernel, "zero = 0\n1 / zero")
    assert "failed" in report(shown)
    assert ":2: ZeroDivisionError: division by zero" in report(shown)
    assert [output["output_type"] for output in shown.outputs] == ["display_data", "error"]


def test_figures_frames_and_prints_are_compared(kernel: LiveKernel) -> None:
    """A drawn column differs in each of them; loggers that were made before write into the copy's output."""
    kernel.run("import logging, sys\nimport pandas as pd\nimport matplotlib.pyplot as plt\nlogging.basicConfig()")
    code = (
        "column = np.random.default_rng().normal(size=5)\nlogging.getLogger().warning('mean %.9f', column.mean())\n"
        "plt.plot(column)\npd.DataFrame({'a': column})"
    )
    text = report(audited(kernel, code))
    assert "numpy.random.default_rng" in text
    assert "stderr: different" in text
    assert "value of column: different" in text


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("%%time\n%%reproaudit\nx = 1", "%%reproaudit: must be the first line of its cell, above other magics."),
        ("%%reproaudit --wary\nran = 'after'", "unrecognized arguments: --wary"),
    ],
)
def test_wrong_use_is_one_sentence(kernel: LiveKernel, code: str, told: str) -> None:
    """Without a traceback of ours; the session goes on."""
    shown = kernel.run(code)
    assert told in shown.text
    assert "site-packages" not in shown.text
    assert kernel.value("1 + 1") == "2"


def test_magics_inside_are_run(kernel: LiveKernel) -> None:
    """A cell magic below ``%%reproaudit``, and line magics."""
    shown = audited(kernel, "%%capture told\nprint('inside')")
    assert "reproducible" in report(shown), report(shown)
    assert kernel.value("told.stdout") == "'inside\\n'"


def test_unloading_leaves_the_shell_as_it_was(folder: Path) -> None:
    """Transformers, hooks, magics and formatters are gone, and loading works again."""
    with live_kernel(folder) as kernel:
        look = (
            "ip = get_ipython(); f = ip.display_formatter\n"
            "def look(): return (len(ip.input_transformers_cleanup), len(ip.ast_transformers), "
            "{k: len(v) for k, v in ip.events.callbacks.items()}, 'reproaudit' in ip.magics_manager.magics['line'], "
            "'reproaudit' in ip.magics_manager.magics['cell'], [len(x.deferred_printers) + len(x.type_printers) "
            "for x in (f.formatters['text/html'], f.formatters['text/plain'], f.ipython_display_formatter)])\n"
            "before = look()"
        )
        kernel.run(look)
        kernel.run("%load_ext pytest_reprocheck")
        assert kernel.value("look() == before") == "False"
        kernel.run("%unload_ext pytest_reprocheck")
        assert kernel.value("look() == before") == "True"

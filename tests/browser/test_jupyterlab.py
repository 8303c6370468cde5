"""Both magics in JupyterLab, by keyboard, in a real browser; what is seen is kept as screenshots.

``REPROCHECK_SCREENSHOTS`` names the folder that they go to.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

playwright = pytest.importorskip("playwright.sync_api")
pytest.importorskip("jupyterlab")

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "reproaudit.ipynb"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or ""
pytestmark = [pytest.mark.browser, pytest.mark.skipif(not CHROMIUM, reason="no chromium is installed")]
PATIENCE = 180_000.0
"""Milliseconds; audits start kernels, and machines may be busy."""
WIDTH = 900
QUIET = '{"disabledExtensions": {"@jupyterlab/apputils-extension:announcements": true}}'
"""Nothing asks about news from outside, and covers what is looked at."""
ALL_CELLS = '{"windowingMode": "none"}'
"""Cells out of sight are in the page, too."""
OVERFLOWING = """report => [...report.querySelectorAll('*')].filter(each => {
  const box = each.getBoundingClientRect();
  return box.width && box.right > report.getBoundingClientRect().right + 1 && !each.closest('.rc-wide, style');
}).map(each => each.outerHTML.slice(0, 80))"""
IN_SIGHT = "cell => { const { top } = cell.getBoundingClientRect(); return 0 < top && top < innerHeight; }"
FAINT = """report => {
  const parts = colour => colour.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map(each => each / 255)
    .map(each => each <= 0.03928 ? each / 12.92 : ((each + 0.055) / 1.055) ** 2.4)
    .reduce((sum, each, at) => sum + each * [0.2126, 0.7152, 0.0722][at], 0);
  const behind = each => {
    for (let at = each; at; at = at.parentElement) {
      const found = parts(getComputedStyle(at).backgroundColor);
      if (found.length < 4 || found[3] > 0) return found;
    }
    return [255, 255, 255];
  };
  const texts = [...report.querySelectorAll('h3, h4, p, td, th, pre, summary, a, code, .rc-dim')];
  return texts.filter(each => each.checkVisibility()).map(each => {
    const [one, two] = [light(parts(getComputedStyle(each).color)), light(behind(each))];
    return [(Math.max(one, two) + 0.05) / (Math.min(one, two) + 0.05), each.outerHTML.slice(0, 80)];
  }).filter(([ratio]) => ratio < 4.5);
}"""


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = Path(os.environ.get("REPROCHECK_SCREENSHOTS") or tmp_path_factory.mktemp("screenshots"))
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A JupyterLab of the tests' own, in a folder with the example."""
    folder = tmp_path_factory.mktemp("lab")
    shutil.copy(EXAMPLE, folder)
    (folder / "pytest.ini").touch()
    _write(folder / ".JUPYTER_CONFIG_DIR" / "labconfig" / "page_config.json", QUIET)
    _write(folder / ".settings" / "@jupyterlab" / "notebook-extension" / "tracker.jupyterlab-settings", ALL_CELLS)
    with socket.socket() as chosen:
        chosen.bind(("127.0.0.1", 0))
        port = chosen.getsockname()[1]
    own = {name: str(folder / f".{name}") for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR")}
    own |= {"JUPYTERLAB_SETTINGS_DIR": str(folder / ".settings"), "JUPYTERLAB_WORKSPACES_DIR": str(folder / ".spaces")}
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", f"--port={port}", "--port-retries=0"]
    command += ["--IdentityProvider.token=", f"--ServerApp.root_dir={folder}"]
    with (folder / "server.log").open("wb") as log:
        server = subprocess.Popen(command, cwd=folder, env={**os.environ, **own}, stdout=log, stderr=log)
    try:
        found = f"http://127.0.0.1:{port}"
        _wait_for(found, server, folder / "server.log")
        yield found
    finally:
        server.terminate()
        server.wait()


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True)
    path.write_text(text)


def _wait_for(address: str, server: subprocess.Popen[bytes], log: Path) -> None:
    while server.poll() is None:
        try:
            urllib.request.urlopen(f"{address}/api", timeout=10).close()
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)  # until it listens; there is nothing to be told by
        else:
            return
    raise AssertionError(log.read_text(errors="replace"))


@pytest.fixture(scope="module")
def page(address: str, pictures: Path) -> Iterator[Any]:
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": WIDTH, "height": 1300})
        page.set_default_timeout(PATIENCE)
        page.goto(f"{address}/lab/tree/{EXAMPLE.name}")
        page.get_by_text("| Idle").wait_for()  # before that, cells would be dropped
        page.keyboard.press("Control+b")  # the file browser goes, as people do who need the room
        yield page
        page.screenshot(path=pictures / "last.png")
        browser.close()


def cell(page: Any, name: str) -> Any:
    """The cell of the example with this id."""
    return page.locator(".jp-Notebook .jp-Cell").nth([each["id"] for each in _cells()].index(name))


def _cells() -> list[dict[str, Any]]:
    cells: list[dict[str, Any]] = json.loads(EXAMPLE.read_text(encoding="utf-8"))["cells"]
    return cells


def run_to(page: Any, name: str) -> Any:
    """Run cells with Shift+Enter until this one has been run; gives it."""
    wanted = cell(page, name)
    while True:
        active = page.locator(".jp-Notebook .jp-Cell.jp-mod-active")
        reached = active.evaluate("(here, there) => here === there", wanted.element_handle())
        page.keyboard.press("Shift+Enter")
        if reached:
            wanted.locator(".jp-InputPrompt", has_text=re.compile(r"\[\d+\]:")).wait_for()
            return wanted


@pytest.fixture(scope="module")
def ran(page: Any) -> Any:
    """The notebook after all of it was run by keyboard."""
    page.locator(".jp-Notebook .jp-Cell").first.click()
    page.keyboard.press("Escape")
    run_to(page, "seeds")
    with page.expect_response(
        lambda each: each.request.method == "PUT" and each.url.partition("?")[0].endswith(".ipynb")
    ):
        page.keyboard.press("Control+s")
    run_to(page, "verdict")
    return page


def change_theme(page: Any, name: str) -> None:
    page.get_by_role("menuitem", name="Settings").click()
    page.get_by_text("Theme", exact=True).hover()
    page.get_by_text(name, exact=True).click()
    page.wait_for_function("name => document.body.dataset.jpThemeName === name", arg=name)


@pytest.mark.parametrize("theme", ["JupyterLab Light", "JupyterLab Dark"])
def test_reports_are_seen_in_both_themes(ran: Any, pictures: Path, theme: str) -> None:
    """Of the cells, of the session and of the notebook: told in full, nothing hangs over at 900 px, all can be read."""
    change_theme(ran, theme)
    short = theme.partition(" ")[2].lower()
    for name, told in (
        ("forest", "nondeterministic (1 confirmed)"),
        ("seeded", "Runs under different conditions gave the same results."),
        ("seeds", "generators"),
        ("audit", "nondeterministic (1 confirmed)"),
    ):
        cell(ran, name).screenshot(path=pictures / f"{name}-{short}.png")
        report = cell(ran, name).locator(".reprocheck")
        assert told in report.inner_text()
        assert report.evaluate(OVERFLOWING) == []
        assert report.evaluate(FAINT) == []


def test_the_cell_ran_for_real_below_its_report(ran: Any) -> None:
    """Both reports are followed by the cell's own output, and the audit is a value."""
    for name in ("forest", "seeded"):
        assert cell(ran, name).locator(".jp-OutputArea-child").last.inner_text().strip().startswith("accuracy 0.")
    assert "nondeterministic" in cell(ran, "verdict").inner_text()


def test_links_lead_to_the_cell(ran: Any) -> None:
    """Followed by keyboard, the link scrolls up to the cell that it names."""
    link = cell(ran, "audit").locator(".reprocheck h4 a").first
    link.focus()
    forest = cell(ran, "forest").element_handle()
    assert not ran.evaluate(IN_SIGHT, forest)
    ran.keyboard.press("Enter")
    ran.wait_for_function(IN_SIGHT, arg=forest)


def test_a_remedy_is_selected_with_one_click(ran: Any) -> None:
    """What is to be copied is the line of code, all of it and nothing else."""
    remedy = cell(ran, "forest").locator(".reprocheck .rc-copy").first
    remedy.click()
    selected = ran.evaluate("getSelection().toString()").strip()
    assert selected == "forest = RandomForestClassifier(n_estimators=20, random_state=0)"

"""``[tool.reprocheck]``: what it may say, how it is merged, and how a wrong key or value is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_reprocheck.config import (
    Config,
    Options,
    Overrides,
    Papermill,
    merged,
    parse_config,
    parse_environment,
    parse_flags,
    parse_marker,
    parse_rule,
    read_config,
    read_sanitizers,
)
from pytest_reprocheck.core.allowances import Allowance
from pytest_reprocheck.core.errors import ConfigError
from pytest_reprocheck.core.rules import FieldRule
from pytest_reprocheck.core.tolerance import Tolerance

EVERYTHING = """
[tool.reprocheck]
subjects = ["scripts/*.py", "./jobs/nightly.py"]
exclude = ["drafts/"]
vary = ["hash", "seed"]
max-runs = 6
budget = "10 min"
timeout = 90
cell-timeout = "2 min"
start-timeout = 30
memory = "4 GB"
cwd = "subject"
normalise = [
    {name = "run-id", pattern = "run-[0-9a-f]{8}", replace = "run-<id>", aspects = ["outputs", "data"]},
    {name = "node", pattern = 'node-([0-9]+)'},
]
json = "reports/repro.json"
allow-writes = ["*.example.org", "10.1.2.3:8080", "[fd00::1]:80", "fd00::1"]
no-network = true
require-run = false

[tool.reprocheck.tolerance]
rtol = 1e-3
atol = 0
aspects = {predictions = {rtol = 0.1}}
cells = {7 = {atol = 0.5}}
columns = {"price*" = {atol = 0.01}}

[[tool.reprocheck.subject]]
path = "scripts/train.py"
args = ["--fast", ""]
env = {B = "2", A = "1"}
cwd = "data"
module = "scripts.train"
python = "python3.12"
vary = ["hash"]
timeout = "1.5 h"
allow-writes = []
memory = 1000

[[tool.reprocheck.subject]]
path = "*.ipynb"
parameters = [{alpha = 0.1, name = "x"}, {alpha = 1, nested = {list = [1, true]}}]
"""


def config_of(text: str, folder: Path) -> Config:
    (folder / "pyproject.toml").write_text(text, encoding="utf-8")
    return read_config(folder)


def test_everything_that_can_be_said_is_read(tmp_path: Path) -> None:
    """Every key arrives as its typed value: durations in seconds, factors in their own order, mappings sorted."""
    config = config_of(EVERYTHING, tmp_path)
    assert config.subjects == ("scripts/*.py", "jobs/nightly.py")
    assert config.exclude == ("drafts",)
    assert (config.cwd, config.json) == ("subject", "reports/repro.json")
    assert config.overrides == Overrides(
        vary=("seed", "hash"),
        max_runs=6,
        budget=600.0,
        timeout=90.0,
        cell_timeout=120.0,
        start_timeout=30.0,
        memory=4_000_000_000,
        tolerance=Tolerance(
            rtol=1e-3,
            atol=0.0,
            aspects={"predictions": Tolerance(rtol=0.1)},
            cells={7: Tolerance(atol=0.5)},
            columns={"price*": Tolerance(atol=0.01)},
        ),
        normalise=(
            FieldRule(name="run-id", pattern="run-[0-9a-f]{8}", replace="run-<id>", aspects=("outputs", "data")),
            FieldRule(name="node", pattern="node-([0-9]+)"),
        ),
        allow_writes=("*.example.org", "10.1.2.3:8080", "[fd00::1]:80", "fd00::1"),
        no_network=True,
        require_run=False,
    )
    script, notebooks = config.rules
    assert (script.path, script.args, script.cwd) == ("scripts/train.py", ("--fast", ""), "data")
    assert (script.module, script.python) == ("scripts.train", "python3.12")
    assert list((script.env or {}).items()) == [("A", "1"), ("B", "2")]
    assert script.overrides == Overrides(vary=("hash",), timeout=5400.0, memory=1000, allow_writes=())
    assert notebooks.parameters == ({"alpha": 0.1, "name": "x"}, {"alpha": 1, "nested": {"list": [1, True]}})


@pytest.mark.parametrize("text", [None, "", "[project]\nname = 'x'", "tool = 3"])
def test_a_project_that_says_nothing_has_the_defaults(tmp_path: Path, text: str | None) -> None:
    """No file, an empty one and one about other things are all alike."""
    assert (read_config(tmp_path) if text is None else config_of(text, tmp_path)) == Config()


def test_later_sources_win_and_leave_what_they_do_not_set() -> None:
    """Defaults, then each source in turn."""
    sources = [Overrides(max_runs=4, budget=60.0), Overrides(max_runs=5), Overrides(vary=("hash",))]
    assert merged(Options(), sources) == Options(vary=("hash",), max_runs=5, budget=60.0)


WRONG = {
    "[[tool.reprocheck.subject]]\npath = 'a.py'\n[[tool.reprocheck.subject]]\npath = 'b.py'\narg = []": (
        "tool.reprocheck.subject[1].arg: unknown key. Did you mean 'args'?"
    ),
    "[tool.reprocheck]\nsubjetcs = []": "tool.reprocheck.subjetcs: unknown key. Did you mean 'subjects'?",
    "[tool.reprocheck]\nsubjcet = []": "tool.reprocheck.subjcet: unknown key. Did you mean 'subject'?",
    "[tool.reprocheck]\nzzz = 1": "tool.reprocheck.zzz: unknown key. Known: accept, advisories, allow,",
    "[[tool.reprocheck.subject]]\nargs = []": "tool.reprocheck.subject[0]: missing key 'path'",
    "[tool.reprocheck.subject]\npath = 'x'": "tool.reprocheck.subject: expected tables, as in [[tool.reprocheck",
    "[tool]\nreprocheck = 1": "tool.reprocheck: expected a table, got 1",
    "[tool.reprocheck]\nsubjects = 'a.py'": "tool.reprocheck.subjects: expected a list of texts, got 'a.py'",
    "[tool.reprocheck]\nexclude = ['/tmp']": "tool.reprocheck.exclude[0]: expected a glob from the root, got '/tmp'",
    "[tool.reprocheck]\nfail-on = ['fragil']": (
        "tool.reprocheck.fail-on: unknown verdict 'fragil'. Did you mean 'fragile'?"
    ),
    "[tool.reprocheck]\nallow = ['clock']": "tool.reprocheck.allow[0]: expected a table, got 'clock'",
    "[tool.reprocheck]\nallow = [{reason = 'r'}]": "tool.reprocheck.allow[0]: missing key 'cause'",
    "[tool.reprocheck]\nallow = [{cause = 'clok', reason = 'r'}]": (
        "tool.reprocheck.allow[0].cause: unknown cause 'clok'. Did you mean 'clock'?"
    ),
    "[tool.reprocheck]\nvary = ['sed']": "tool.reprocheck.vary: unknown factor 'sed'. Did you mean 'seed'?",
    "[tool.reprocheck]\nvary = []": "tool.reprocheck.vary: expected names of factors, 'default' or 'hardware', got []",
    "[tool.reprocheck]\nmax-runs = 1": "tool.reprocheck.max-runs: expected a whole number, at least 2, got 1",
    "[tool.reprocheck]\nmax-runs = true": "tool.reprocheck.max-runs: expected a whole number, at least 2, got True",
    "[tool.reprocheck]\nbudget = '10 parsecs'": "tool.reprocheck.budget: expected seconds, or a text such as '90 s'",
    "[tool.reprocheck]\nbudget = inf": "tool.reprocheck.budget: expected seconds",
    "[tool.reprocheck]\nallow-writes = ['http://x/y']": "allow-writes[0]: expected a host as in '*.example.org' or",
    "[tool.reprocheck]\nallow-writes = 3": "tool.reprocheck.allow-writes: expected a list of texts, got 3",
    "[tool.reprocheck]\nno-network = 'yes'": "tool.reprocheck.no-network: expected true or false, got 'yes'",
    "[tool.reprocheck]\nrequire-run = 1": "tool.reprocheck.require-run: expected true or false, got 1",
    "[tool.reprocheck]\ntimeout = 0": "tool.reprocheck.timeout: expected more than 0 seconds, got 0",
    "[tool.reprocheck]\nstart-timeout = 0": "tool.reprocheck.start-timeout: expected more than 0 seconds, got 0",
    "[tool.reprocheck]\nmemory = 0": "reprocheck.memory: expected bytes, or a text such as '500 MB' or '4 GiB', got 0",
    "[tool.reprocheck]\nmemory = '4 Gbit'": "tool.reprocheck.memory: expected bytes, or a text such as '500 MB'",
    "[tool.reprocheck]\ntolerance = {rtoll = 1}": "tool.reprocheck.tolerance.rtoll: unknown key. Did you mean 'rtol'?",
    "[tool.reprocheck]\ntolerance = {rtol = -1}": "tolerance.rtol: expected a number, 0 or more, got -1",
    "[tool.reprocheck]\ntolerance = {aspects = {prediction = {}}}": (
        "tolerance.aspects: unknown aspect 'prediction'. Did you mean 'predictions'?"
    ),
    "[tool.reprocheck]\ntolerance = {cells = {first = {}}}": "tolerance.cells: expected the number of a cell, as in",
    "[tool.reprocheck]\ntolerance = {columns = {x = 1}}": "tolerance.columns.x: expected a table, got 1",
    "[tool.reprocheck]\ntolerance = {columns = {x = {rtol = -1}}}": "columns.x.rtol: expected a number, 0 or more",
    "[tool.reprocheck]\nnormalise = 'x'": "tool.reprocheck.normalise: expected a list of tables, got 'x'",
    "[tool.reprocheck]\nnormalise = [{name = 'x'}]": "tool.reprocheck.normalise[0]: missing key 'pattern'",
    "[tool.reprocheck]\nnormalise = [{name = 'x', pattern = '('}]": (
        "normalise[0].pattern: is no regular expression with its replacement: missing ), unterminated"
    ),
    "[tool.reprocheck]\nnormalise = [{name = 'x', pattern = 'a', replace = '\\1'}]": (
        "normalise[0].pattern: is no regular expression with its replacement: invalid group reference 1"
    ),
    "[tool.reprocheck]\nnormalise = [{name = 'x', pattern = 'a', aspects = ['output']}]": (
        "normalise[0].aspects[0]: unknown aspect 'output'. Did you mean 'outputs'?"
    ),
    "[tool.reprocheck]\nvary = ['']": "tool.reprocheck.vary: expected names of factors, 'default' or 'hardware'",
    "[tool.reprocheck]\ntimeout = -1": "tool.reprocheck.timeout: expected more than 0 seconds, got -1",
    "[tool.reprocheck]\nbudget = '-1 min'": "tool.reprocheck.budget: expected 0 seconds or more, got '-1 min'",
    "[tool.reprocheck]\ncwd = '../x'": "tool.reprocheck.cwd: expected 'subject' or a folder inside the root",
    "[tool.reprocheck]\njson = 3": "tool.reprocheck.json: expected a text, got 3",
    "[[tool.reprocheck.subject]]\npath = 'a'\nenv = {A = 1}": "subject[0].env.A: expected a text, got 1",
    "[[tool.reprocheck.subject]]\npath = 'a'\nenv = {'A=B' = '1'}": "env.A=B: is no name of an environment variable",
    "[[tool.reprocheck.subject]]\npath = 'a'\nmodule = 'a-b'": "subject[0].module: expected a module's dotted name",
    "[[tool.reprocheck.subject]]\npath = 'a'\nparameters = {d = 2024-01-01}": "[0].parameters.d: expected a text",
    "[[tool.reprocheck.subject]]\npath = 'a'\nparameters = {x = nan}": "subject[0].parameters.x: expected a text",
    "[[tool.reprocheck.subject]]\npath = 'a'\nparameters = {'a b' = 1}": "parameters.a b: is no name of a parameter",
    "[[tool.reprocheck.subject]]\npath = 'a'\nparameters = []": "parameters: expected at least one table, got []",
    "[[tool.reprocheck.subject]]\npath = 'a'\nparameters = [{x = 1}, {x = '1'}]": (
        "parameters[1]: reads the same as pyproject.toml: tool.reprocheck.subject[0].parameters[0]: [x=1]"
    ),
    "[tool.reprocheck": "is not valid TOML",
}


@pytest.mark.parametrize("text", sorted(WRONG))
def test_a_wrong_setting_is_one_located_error(tmp_path: Path, text: str) -> None:
    """The error names the file, the key with its index, and what was expected and found, or the nearest known name."""
    with pytest.raises(ConfigError) as caught:
        config_of(text, tmp_path)
    message = str(caught.value)
    assert message.startswith("pyproject.toml: ")
    assert WRONG[text] in message
    assert "\n" not in message


def test_a_file_that_is_no_text_is_one_located_error(tmp_path: Path) -> None:
    """Bytes that are not UTF-8 do not end in a traceback."""
    (tmp_path / "pyproject.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match=r"^pyproject\.toml: cannot be read: "):
        read_config(tmp_path)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90", 90.0), ("90 s", 90.0), ("10min", 600.0), ("10 minutes", 600.0), ("0.5 Hours", 1800.0), (".5 s", 0.5)],
)
def test_durations_are_read_as_people_write_them(text: str, seconds: float) -> None:
    """A number is seconds; units may be short or long."""
    assert parse_flags({"budget": text}, "--").budget == seconds


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("4000", 4000),
        ("4 GB", 4 * 10**9),
        ("4gib", 4 * 2**30),
        ("0.5 MiB", 2**19),
        ("1.5 kB", 1500),
        ("2 TB", 2 * 10**12),
    ],
)
def test_sizes_are_read_as_people_write_them(text: str, size: int) -> None:
    """A number is bytes; units are decimal or binary."""
    assert parse_flags({"memory": text}, "--").memory == size


def test_flags_are_told_by_their_own_names() -> None:
    """A wrong flag's error names the flag; a flag that was not given sets nothing."""
    assert parse_flags({"vary": "hash, seed", "max-runs": "3", "budget": None}, "--reprocheck-") == Overrides(
        vary=("seed", "hash"), max_runs=3
    )
    with pytest.raises(ConfigError, match=r"^--reprocheck-max-runs: expected a whole number, at least 2, got 'many'$"):
        parse_flags({"max-runs": "many"}, "--reprocheck-")


def test_markers_and_inline_tables_have_the_same_readers() -> None:
    """Their errors are located in the test or the script."""
    assert parse_marker((), {"vary": ("seed",), "rtol": 0.1}, "t") == Overrides(
        vary=("seed",), tolerance=Tolerance(rtol=0.1)
    )
    assert parse_marker((), {}, "t") == Overrides()
    with pytest.raises(ConfigError, match=r"^t\.rtoll: unknown key\. Did you mean 'rtol'\?$"):
        parse_marker((), {"rtoll": 1}, "t")
    with pytest.raises(ConfigError, match=r"^t: takes no positional arguments"):
        parse_marker((1,), {}, "t")
    with pytest.raises(ConfigError, match=r"^train\.py: tool\.reprocheck\.path: unknown key"):
        parse_rule({"path": "x"}, "train.py: tool.reprocheck")
    assert parse_config({}, "w") == Config()


def test_normalisers_of_all_sources_add_up() -> None:
    """A subject's or a sanitizer file's are applied after the configuration's."""
    first, second = (FieldRule(name=name, pattern=name) for name in "ab")
    sources = [Overrides(normalise=(first,)), Overrides(vary=("hash",)), Overrides(normalise=(second,))]
    assert merged(Options(), sources).normalise == (first, second)


def test_acceptances_of_all_sources_add_up() -> None:
    """A subject's are beside the configuration's, not instead of them."""
    first, second = (Allowance(where="w", causes=(cause,)) for cause in ("clock", "hash-order"))
    sources = [Overrides(allow=(first,)), Overrides(vary=("hash",)), Overrides(allow=(second,))]
    assert merged(Options(), sources).allow == (first, second)


SANITIZERS = """
# comment
[a section]
regex: \\d{2}:\\d{2}
replace: TIME

[another]
regex: id=(\\w)\\w*
replace: id=\\1
[again]
regex: \\d{2}:\\d{2}
replace: CLOCK
"""


def test_a_sanitizer_file_is_read_as_nbval_reads_it(tmp_path: Path) -> None:
    """Pairs in their order, of two with one pattern the last replacement, sections and comments apart."""
    file = tmp_path / "sanitize.cfg"
    file.write_text(SANITIZERS, encoding="utf-8")
    assert [(rule.pattern, rule.replace, rule.aspects) for rule in read_sanitizers(file)] == [
        (r"\d{2}:\d{2}", "CLOCK", ("outputs",)),
        (r"id=(\w)\w*", r"id=\1", ("outputs",)),
    ]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, r"sanitize\.cfg: cannot be read: No such file or directory$"),
        (b"\xff", r"sanitize\.cfg: cannot be read: it is no text in UTF-8$"),
        (b"regex: (\nreplace: x\n", r"sanitize\.cfg: regex \(: is no regular expression"),
    ],
)
def test_a_wrong_sanitizer_file_is_one_located_error(content: bytes | None, message: str, tmp_path: Path) -> None:
    """The file and the pattern are named."""
    file = tmp_path / "sanitize.cfg"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(ConfigError, match=message):
        read_sanitizers(file)


def test_the_nearest_tolerance_holds() -> None:
    """Column before cell before aspect before all; what the nearer one leaves open, the next one says."""
    given = Tolerance(
        rtol=1.0,
        atol=1.0,
        aspects={"outputs": Tolerance(rtol=2.0)},
        cells={3: Tolerance(rtol=3.0)},
        columns={"p*": Tolerance(atol=4.0), "price": Tolerance(rtol=5.0)},
    )
    assert given.at("training", None) == Tolerance(rtol=1.0, atol=1.0, columns=given.columns)
    assert (given.at("outputs", 2).rtol, given.at("outputs", 3).rtol) == (2.0, 3.0)
    assert given.at("outputs", 3).of("price") == Tolerance(rtol=5.0, atol=4.0, columns=given.columns)
    assert given.of("age") == given


def test_options_from_the_environment() -> None:
    """Each has a variable; switches are 1 or 0; what is no option of ours has to be named otherwise."""
    variables = {"REPROCHECK_MAX_RUNS": "3", "REPROCHECK_NO_NETWORK": "1", "REPROCHECK_EXPLAIN": "Yes", "PATH": "x"}
    overrides, settings = parse_environment({**variables, "REPROCHECK_CHILD": "x"}, Papermill(cell=False))
    assert overrides == Overrides(max_runs=3, no_network=True)
    assert settings == Papermill(explain=True, cell=False)
    for variable, value, message in (
        ("REPROCHECK_CEL", "0", "REPROCHECK_CEL: is no option. Did you mean 'REPROCHECK_CELL'?"),
        ("REPROCHECK_CELL", "", "REPROCHECK_CELL: expected 1 or 0, got ''"),
        ("REPROCHECK_BUDGET", "soon", "REPROCHECK_BUDGET: expected seconds, or a text such as '90 s' or '10 min'"),
    ):
        with pytest.raises(ConfigError) as caught:
            parse_environment({variable: value}, Papermill())
        assert str(caught.value).startswith(message)

"""The readers of locks: what the users' own tools wrote, for this or that interpreter, and what is wrong in a file."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_reprocheck.core.environments import Environment, Package, without_credentials
from pytest_reprocheck.core.errors import DecodeError
from pytest_reprocheck.environment.locks.reading import KINDS, kind_of, read_lock

FOLDER = Path(__file__).parent / "locks_of_tools"
LINUX = {
    "implementation_name": "cpython",
    "implementation_version": "3.11.7",
    "os_name": "posix",
    "platform_machine": "x86_64",
    "platform_python_implementation": "CPython",
    "platform_release": "6.1",
    "platform_system": "Linux",
    "platform_version": "1",
    "python_full_version": "3.11.7",
    "python_version": "3.11",
    "sys_platform": "linux",
}
WINDOWS = {**LINUX, "os_name": "nt", "platform_system": "Windows", "sys_platform": "win32"}
LATER = {**LINUX, "python_full_version": "3.13.1", "python_version": "3.13"}
COMMIT = "0123456789abcdef0123456789abcdef01234567"
CLICK = "sha256:ae74fb96c20a0277a1d615f1e4d73c8414f5a98db8b799a7931d1582f3390c28"


def read(path: Path, markers: dict[str, str] = LINUX) -> Environment:
    """A lock, named by its file name."""
    return read_lock(path, path.name, markers)


def text_of(folder: Path, name: str, text: str, markers: dict[str, str] = LINUX) -> Environment:
    """The lock of this text."""
    (folder / name).write_text(text, encoding="utf-8")
    return read(folder / name, markers)


def by_name(found: Environment) -> dict[str, Package]:
    """The packages of PyPI, without the interpreter."""
    return {each.name: each for each in found.packages if each.manager == "pypi" and each.name != "python"}


def versions(found: Environment) -> dict[str, str]:
    """Name -> version or range."""
    return {name: each.version or each.specifier for name, each in by_name(found).items()}


CORE = {"click": "8.1.7", "idna": "3.4", "pysocks": "1.7.1", "urllib3": "2.0.7"}
SIX, LOCAL, DEV, FAST = {"six": "1.16.0"}, {"local-pkg": "1.2.0"}, {"iniconfig": "2.0.0"}, {"h11": "0.14.0"}
NAMELESS = {"local-pkg": ""}
LOCKS = {
    "uv.lock": CORE | SIX | LOCAL | DEV | FAST,
    "pylock.uv.toml": CORE | SIX | NAMELESS | DEV | FAST,
    "pylock.pip.toml": CORE,
    "poetry.lock": CORE | SIX | LOCAL | DEV | FAST,
    "Pipfile.lock": CORE | SIX | NAMELESS | DEV,
    "requirements-pip-tools.txt": CORE,
    "requirements-uv.txt": CORE | SIX | NAMELESS | DEV | FAST,
}


@pytest.mark.parametrize("name", sorted(LOCKS))
def test_what_tools_wrote_is_read(name: str) -> None:
    """Versions, canonical names and hashes, for the platform that is asked for; what is local has no hash."""
    found = read(FOLDER / name)
    assert versions(found) == LOCKS[name]
    assert found.complete
    packages = by_name(found)
    assert CLICK in packages["click"].hashes
    assert all(each.hashes for each in packages.values() if each.name != "local-pkg")
    if "six" in packages:
        assert packages["six"].origin.kind == "archive"
    if "local-pkg" in packages:
        assert packages["local-pkg"].origin.kind == "directory"


@pytest.mark.parametrize("name", ["uv.lock", "poetry.lock", "Pipfile.lock"])
def test_extras_and_groups_are_not_required(name: str) -> None:
    """They may be installed or not; what the project needs itself is required."""
    packages = by_name(read(FOLDER / name))
    assert {each.name for each in packages.values() if not each.required} == {"h11", "iniconfig"} & packages.keys()


@pytest.mark.parametrize("name", ["uv.lock", "pylock.uv.toml", "poetry.lock", "requirements-uv.txt"])
def test_a_lock_for_many_platforms_is_read_for_one(name: str) -> None:
    """Markers choose among versions of one package, and leave out what another system alone needs."""
    assert "colorama" not in versions(read(FOLDER / name))
    assert versions(read(FOLDER / name, WINDOWS))["colorama"] == "0.4.6"
    assert versions(read(FOLDER / name, LATER))["idna"] == "3.7"


@pytest.mark.parametrize("name", ["uv.lock", "pylock.uv.toml", "poetry.lock"])
def test_the_interpreter_that_a_lock_is_for_is_read(name: str) -> None:
    """It stands among the packages, with the versions allowed."""
    python = next(each for each in read(FOLDER / name).packages if each.name == "python")
    assert (python.specifier, python.required) == (">=3.11", False)


def test_a_workspace_with_conflicting_extras() -> None:
    """What all members need is required; of versions that exclude each other none is compared, and that is told."""
    found = read(FOLDER / "workspace/uv.lock")
    assert {name: (each.version, each.required) for name, each in by_name(found).items()} == {
        "click": ("8.1.7", True),
        "h11": ("0.14.0", True),
        "idna": ("", False),
    }
    assert [(each.what, each.reason) for each in found.not_compared] == [
        ("idna 3.7", "another version of it is locked, too")
    ]


def test_the_lock_of_a_script_is_read() -> None:
    """It has no project, but a list of what the script asks for."""
    assert versions(read(FOLDER / "train.py.lock")) == {"click": "8.1.7"}
    assert versions(read(FOLDER / "train.py.lock", WINDOWS)) == {"click": "8.1.7", "colorama": "0.4.6"}


def test_a_conda_lock_is_read_for_one_platform() -> None:
    """Packages of conda and of PyPI, with builds and channels; a platform that it does not lock is told."""
    found = read(FOLDER / "conda-lock.yml")
    shown = {(each.manager, each.name): each for each in found.packages}
    assert sorted(shown) == [
        ("conda", "shopdata"), ("conda", "tinyblas"), ("pypi", "click"), ("pypi", "iniconfig"),
    ]  # fmt: skip
    blas = shown["conda", "tinyblas"]
    assert (blas.version, blas.build, blas.origin.url) == ("0.3.25", "pthreads_h413a1c8_0", "conda-forge")
    assert {each.partition(":")[0] for each in blas.hashes} == {"md5", "sha256"}
    assert not shown["pypi", "iniconfig"].required
    arm = read(FOLDER / "conda-lock.yml", {**LINUX, "platform_machine": "aarch64"})
    assert (arm.packages, arm.complete) == ((), False)
    assert arm.not_compared[0].reason == "locks linux-64, osx-arm64 and not linux-aarch64"


def test_a_conda_environment_file_is_read() -> None:
    """One equals sign is a series, a build is exact, and packages of PyPI stand beside them; others are no drift."""
    found = read(FOLDER / "environment.yml")
    shown = {(each.manager, each.name): each.shown for each in found.packages}
    assert shown == {
        ("conda", "pip"): "(no version)",
        ("conda", "shopdata"): "==2.1.*",
        ("conda", "tinyblas"): "0.3.25 pthreads_h413a1c8_0",
        ("pypi", "click"): "8.1.7",
        ("pypi", "idna"): "<4,>=3",
    }
    assert not found.complete


@pytest.mark.parametrize(
    ("spec", "shown"),
    [
        ("numpy", "(no version)"),
        ("numpy==2.1.0", "2.1.0"),
        ("numpy >=1.26,<3", ">=1.26,<3"),
        ("numpy 2.1.0 py311h1_0", "2.1.0 py311h1_0"),
        ("conda-forge/linux-64::numpy=2.1.0=py311h1_0", "2.1.0 py311h1_0"),
        ("numpy=2.1.*", "=2.1.*"),
        ("NumPy[version='>=2']", "(no version)"),
    ],
)
def test_specs_of_conda(tmp_path: Path, spec: str, shown: str) -> None:
    """Each form that conda takes; what is no exact version is kept as a range."""
    found = text_of(tmp_path, "environment.yml", f'dependencies:\n  - "{spec}"\n')
    assert [(each.name, each.shown) for each in found.packages] == [("numpy", shown)]


def test_requirements_of_all_forms(tmp_path: Path) -> None:
    """Pins, ranges, hashes over lines, markers, comments, options, addresses, folders, repositories."""
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/pyproject.toml").write_text('[project]\nname = "My.Tool"\n')
    found = text_of(
        tmp_path,
        "requirements.txt",
        "\ufeff--index-url https://me:secret@example.org/simple\n"
        "# a comment \\\n"
        "NumPy==2.1.0 \\\n    --hash=sha256:aa \\\n    --hash sha256:bb  # via x\n"
        "pandas >=2, <3 ; python_version >= '3.9'\n"
        "pywin32==1 ; sys_platform == 'win32'\n"
        "zope.interface[test]===5.0\n"
        "a @ https://me:secret@example.org/a-1.5-py3-none-any.whl#sha256=cc\n"
        "https://example.org/b_c-2.0.tar.gz\n"
        f"-e git+ssh://git@example.org/team/d.git@{COMMIT}#egg=d\n"
        "git+https://example.org/team/e@main#egg=e\n"
        "-e ./mine[fast]\n"
        "--editable=./mine\n"
        "./f-3.0-py3-none-any.whl\n"
        "g==1.* --config-settings=x=y",
    )
    packages = by_name(found)
    assert {name: each.shown for name, each in packages.items()} == {
        "a": "1.5", "b-c": "2.0", "d": "(no version)", "e": "(no version)", "f": "3.0", "g": "==1.*",
        "my-tool": "(no version)", "numpy": "2.1.0", "pandas": "<3,>=2", "zope-interface": "5.0",
    }  # fmt: skip
    assert packages["numpy"].hashes == ("sha256:aa", "sha256:bb")
    assert str(packages["a"].origin) == "archive https://example.org/a-1.5-py3-none-any.whl"
    assert (packages["d"].origin.commit, packages["d"].origin.url) == (COMMIT, "ssh://git@example.org/team/d.git")
    assert (packages["e"].origin.commit, packages["e"].origin.url) == ("", "https://example.org/team/e")
    assert packages["my-tool"].origin.kind == packages["f"].origin.kind.replace("archive", "directory")
    assert "secret" not in repr(found)
    assert not found.complete


def test_requirements_that_name_other_files(tmp_path: Path) -> None:
    """``-r`` adds, ``-c`` says which version only; both are relative to the file they stand in."""
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub/base.txt").write_text("numpy\n-c limits.txt\n")
    (tmp_path / "sub/limits.txt").write_text("numpy==2.1.0\nscipy==1.15.0\n")
    found = text_of(tmp_path, "requirements.txt", "-r sub/base.txt\npandas==2.2.0\n")
    assert {name: (each.version, each.required) for name, each in by_name(found).items()} == {
        "numpy": ("2.1.0", True),
        "pandas": ("2.2.0", True),
        "scipy": ("1.15.0", False),
    }


def test_a_line_without_a_name_is_told(tmp_path: Path) -> None:
    """What cannot be told is said, and is no error."""
    found = text_of(tmp_path, "requirements.txt", "https://example.org/archive/main\n")
    assert [(each.what, each.reason) for each in found.not_compared] == [
        ("https://example.org/archive/main", "requirements.txt:1 does not say which package that is")
    ]


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("https://me:se@cret@host/simple", "https://host/simple"),
        ("git+https://token@host/x@main", "git+https://host/x@main"),
        ("ssh://git@host/x", "ssh://git@host/x"),
        ("ssh://git:secret@host:22/x", "ssh://git@host:22/x"),
        ("https://host:8080/a@b", "https://host:8080/a@b"),
    ],
)
def test_addresses_are_kept_without_secrets(text: str, plain: str) -> None:
    """Passwords and tokens are in no report and in no lock."""
    assert without_credentials(text) == plain


UV = 'version = 1\nrequires-python = ">=3.11"\n'
CONFLICT = "<<<<<<< HEAD\na\n=======\nb\n>>>>>>> other\n"
POETRY = '[metadata]\nlock-version = "2.1"\npython-versions = "*"\n'
SNAPSHOT = (
    '{"format": "reprocheck-environment", "version": 1,'
    ' "environment": {"kind": "live", "packages": [{"name": "a"}, {"name": "b", "version": 3}]}}'
)
BAD = {
    "conflict": ("uv.lock", UV + CONFLICT, "uv.lock:3: has markers of a merge conflict. Resolve it, and lock again."),
    "no TOML": ("uv.lock", "version = ", "uv.lock: is not valid TOML: Invalid value (at end of document)"),
    "uv of a later version": (
        "uv.lock",
        "version = 9",
        "uv.lock: version: version 9 of uv's lock is unknown, 1 is read",
    ),
    "foreign": ("uv.lock", POETRY, "uv.lock: missing key 'version'"),
    "uv's wrong type": (
        "uv.lock",
        UV + '[[package]]\nname = "a"\nversion = "1"\nsource = { virtual = "." }\n[[package]]\nname = 1\n',
        "uv.lock: package[1].name: expected a string",
    ),
    "pylock's wrong type": (
        "pylock.toml",
        'lock-version = "1.0"\ncreated-by = "x"\n'
        + '[[packages]]\nname = "a"\ndirectory = { path = "." }\n' * 3
        + '[[packages]]\nname = "b"\nversion = 3\nwheels = []\n',
        "pylock.toml: packages[3].version: expected a string",
    ),
    "pylock without a source": (
        "pylock.toml",
        'lock-version = "1.0"\n[[packages]]\nname = "a"\nversion = "1"\n',
        "pylock.toml: packages[0]: expected one of vcs, directory, archive, sdist, wheels",
    ),
    "pylock of a later version": (
        "pylock.toml",
        'lock-version = "2.0"\npackages = []\n',
        "pylock.toml: lock-version: version '2.0' of the lock is unknown, 1.0 is read",
    ),
    "a wrong marker": (
        "pylock.toml",
        'lock-version = "1.0"\n[[packages]]\nname = "a"\nmarker = "when it rains"\ndirectory = { path = "." }\n',
        "pylock.toml: packages[0].marker: is no environment marker: Expected",
    ),
    "poetry of a later version": (
        "poetry.lock",
        '[metadata]\nlock-version = "7.0"\n',
        "poetry.lock: metadata.lock-version: version '7.0' of poetry's lock is unknown, 1 and 2 are read",
    ),
    "no JSON": (
        "Pipfile.lock",
        "{]",
        "Pipfile.lock:1:2: is not JSON: Expecting property name enclosed in double quotes",
    ),
    "deep JSON": ("Pipfile.lock", "[" * 100_000, "Pipfile.lock: is nested too deeply"),
    "deep TOML": ("uv.lock", "a = " + "[" * 100_000, "uv.lock: is nested too deeply"),
    "deep YAML": ("environment.yml", "[" * 5_000, "environment.yml: is nested too deeply"),
    "an array": ("Pipfile.lock", "[]", "Pipfile.lock: expected a table"),
    "pipenv of a later version": (
        "Pipfile.lock",
        '{"_meta": {"pipfile-spec": 8}}',
        "Pipfile.lock: _meta.pipfile-spec: version 8 of pipenv's lock is unknown, 6 is read",
    ),
    "no YAML": (
        "environment.yml",
        "a: [",
        "environment.yml:1:5: is not valid YAML: expected the node content",
    ),
    "a number for a package": (
        "environment.yml",
        "dependencies: [3]",
        "environment.yml: dependencies[0]: expected a string",
    ),
    "conda-lock of a later version": (
        "conda-lock.yml",
        "version: 2",
        "conda-lock.yml: version: version 2 of conda-lock's file is unknown, 1 is read",
    ),
    "no requirement": (
        "requirements.txt",
        "numpy\n\nnumpy pandas\n",
        "requirements.txt:3: is no requirement: Expected",
    ),
    "two pins": ("requirements.txt", "a==1\nA==2\n", "requirements.txt:2: a is asked for as 1 before"),
    "a missing file": ("requirements.txt", "-r more.txt\n", "requirements.txt:1: names more.txt, which is not there"),
    "itself": ("requirements.txt", "-r requirements.txt\n", "requirements.txt: includes itself"),
    "another name": ("numbers.csv", "", "numbers.csv: no lock has such a name. Known: "),
    "a snapshot of a later version": (
        "environment.json",
        '{"format": "reprocheck-environment", "version": 7}',
        "environment.json: version: version 7 of the snapshot is unknown, 1 is read",
    ),
    "a foreign snapshot": (
        "environment.json",
        '{"format": "x"}',
        "environment.json: format: expected 'reprocheck-environment'",
    ),
    "a snapshot's wrong type": (
        "environment.json",
        SNAPSHOT,
        "environment.json: environment.packages[1].version: expected str, got 3",
    ),
}


@pytest.mark.parametrize("case", sorted(BAD))
def test_a_wrong_file_is_one_located_error(case: str, tmp_path: Path) -> None:
    """It names the file, the place in it, and what was expected."""
    name, text, message = BAD[case]
    with pytest.raises(DecodeError) as error:
        text_of(tmp_path, name, text)
    assert str(error.value).startswith(message)


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    """A missing one, a folder, and bytes that are no text."""
    with pytest.raises(DecodeError, match=r"uv\.lock: cannot be read: No such file or directory"):
        read(tmp_path / "uv.lock")
    (tmp_path / "poetry.lock").mkdir()
    with pytest.raises(DecodeError, match=r"poetry\.lock: cannot be read: Is a directory"):
        read(tmp_path / "poetry.lock")
    (tmp_path / "Pipfile.lock").write_bytes(b"\xff")
    with pytest.raises(DecodeError, match=r"Pipfile\.lock: is no text in UTF-8"):
        read(tmp_path / "Pipfile.lock")


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("uv.lock", "uv.lock"),
        ("train.py.lock", "uv.lock"),
        ("pylock.toml", "pylock.toml"),
        ("pylock.gpu.toml", "pylock.toml"),
        ("pylock.a.b.toml", None),
        ("requirements-dev.txt", "requirements.txt"),
        ("base.in", "requirements.txt"),
        ("environment.yaml", "environment.yml"),
        ("environment-gpu.yml", "environment.yml"),
        ("linux.conda-lock.yml", "conda-lock.yml"),
        ("poetry.lock", "poetry.lock"),
        ("Pipfile", None),
        ("environment.json", "environment.json"),
    ],
)
def test_files_are_known_by_their_names(name: str, kind: str | None) -> None:
    """The names that the tools give, and no others."""
    found = kind_of(name)
    assert (found.name if found else None) == kind
    assert kind is None or kind in {each.name for each in KINDS}

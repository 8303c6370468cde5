"""What blocks a subject is told from what it raised; its own faults are not taken for that."""

from __future__ import annotations

import asyncio
import dataclasses
import http.client
import importlib
import os
import socket
import subprocess
import traceback
import urllib.error
import urllib.request
from collections.abc import Callable
from email.message import Message
from pathlib import Path
from typing import Any

import pytest

from pytest_reprocheck.core.conditions import baseline
from pytest_reprocheck.core.trace import Access, Aspect, Call, Observation, Outcome, Place, Refusal, Trace
from pytest_reprocheck.core.values import Text
from pytest_reprocheck.diagnose.blocking import Blocked, Project, find_blocker

PLACE = Place(path="train.py", line=3)
PROJECT = Project(root="/project", files=frozenset({"train.py", "features/encode.py", "data/small.csv"}))
NOWHERE = "http://127.0.0.1:1/x"
"""Nothing listens there."""


def trace(message: str, detail: str = "", *, status: str = "raised", place: Place | None = PLACE) -> Trace:
    """A run that ended so."""
    outcome = Outcome(status=status, message=message, place=place, detail=detail or message)  # type: ignore[arg-type]
    return Trace(conditions=baseline("train.py", threads=1), outcome=outcome, seconds=1.0)


def blocked(one: Trace, other: Trace | None = None) -> Blocked | None:
    """What blocks two runs that are alike, unless another one is given."""
    return find_blocker(one, other or one, PROJECT)


def raised(run: Callable[[], object]) -> Trace:
    """A run that ended with what a function really raises, as probes log it."""
    try:
        run()
    except Exception as error:
        message = traceback.format_exception_only(error)[-1].strip().splitlines()[0]
        return trace(message, "".join(traceback.format_exception(error)))
    pytest.fail("nothing was raised")


def library(name: str) -> Any:
    """An installed library; skips where it is not there."""
    return pytest.importorskip(name)


def fetch_with_aiohttp() -> None:
    aiohttp = library("aiohttp")

    async def fetch() -> None:
        async with aiohttp.ClientSession() as session, session.get(NOWHERE):
            pass

    asyncio.run(fetch())


def denied(error: object) -> None:
    raise error  # type: ignore[misc]


def answered_by_requests(status: int) -> None:
    answer = library("requests").Response()
    answer.status_code, answer.url, answer.reason = status, "http://host/x", "Unauthorized"
    answer.raise_for_status()


def answered_by_httpx(status: int) -> None:
    httpx = library("httpx")
    httpx.Response(status, request=httpx.Request("GET", "http://host/x")).raise_for_status()


def boto_client(**settings: str) -> Any:
    library("boto3")
    importlib.import_module("botocore.session").Session()
    session = importlib.import_module("boto3").Session(**{k: v for k, v in settings.items() if k == "profile_name"})
    return session.client("s3", **{k: v for k, v in settings.items() if k != "profile_name"})


def boto_denied() -> None:
    errors = library("botocore.exceptions")
    raise errors.ClientError({"Error": {"Code": "AccessDenied", "Message": "Access Denied"}}, "GetObject")


RAISED: dict[str, tuple[Callable[[], object], str, str]] = {
    "package": (
        lambda: importlib.import_module("no_such_package"),
        "needs the package 'no_such_package'",
        "pip install",
    ),
    "refused": (lambda: socket.create_connection(("127.0.0.1", 1)), "needs another machine", "Start it"),
    "http.client": (lambda: http.client.HTTPConnection("127.0.0.1", 1).request("GET", "/"), "needs another", "Start"),
    "urllib": (lambda: urllib.request.urlopen(NOWHERE), "needs another machine", "Start it"),
    "pandas by URL": (lambda: library("pandas").read_csv(NOWHERE), "needs another machine", "Start it"),
    "requests": (lambda: library("requests").get(NOWHERE), "needs 127.0.0.1:1, which cannot be reached", "Start it"),
    "urllib3": (
        lambda: library("urllib3").PoolManager().request("GET", NOWHERE, retries=False),
        "needs 127.0.0.1:1",
        "Start it",
    ),
    "httpx": (lambda: library("httpx").get(NOWHERE), "needs another machine", "Start it"),
    "aiohttp": (fetch_with_aiohttp, "needs 127.0.0.1:1, which cannot be reached", "Start it"),
    "psycopg2": (lambda: library("psycopg2").connect(host="127.0.0.1", port=1), "needs 127.0.0.1:1,", "Start it"),
    "psycopg": (lambda: library("psycopg").connect(host="127.0.0.1", port=1), "needs 127.0.0.1:1,", "Start it"),
    "pymysql": (lambda: library("pymysql").connect(host="127.0.0.1", port=1), "needs 127.0.0.1,", "Start it"),
    "pg8000": (lambda: library("pg8000.dbapi").connect("u", host="127.0.0.1", port=1), "needs 127.0.0.1:1", "Start it"),
    "mysql.connector": (
        lambda: library("mysql.connector").connect(host="127.0.0.1", port=1, use_pure=True),
        "needs 127.0.0.1:1",
        "Start it",
    ),
    "environment": (lambda: os.environ["NO_SUCH_TOKEN"], "needs the environment variable NO_SUCH_TOKEN", "Set NO_SUCH"),
    "file": (lambda: Path("data/no.csv").read_text(), "needs the file data/no.csv", "Put it there"),
    "file of the project's root": (
        lambda: Path("/project/data/no.csv").read_text(),
        "needs the file data/no.csv",
        "Put it",
    ),
    "pandas": (lambda: library("pandas").read_csv("data/no.csv"), "needs the file data/no.csv", "Put it there"),
    "parquet": (
        lambda: library("pyarrow") and library("pandas").read_parquet("data/no.parquet"),
        "needs the file data/no.parquet",
        "Put it",
    ),
    "numpy": (lambda: library("numpy").load("data/no.npy"), "needs the file data/no.npy", "Put it there"),
    "numpy text": (lambda: library("numpy").loadtxt("data/no.txt"), "needs the file data/no.txt", "Put it there"),
    "joblib": (lambda: library("joblib").load("models/no.pkl"), "needs the file models/no.pkl", "Put it there"),
    "polars": (lambda: library("polars").read_csv("data/no.csv"), "needs the file data/no.csv", "Put it there"),
    "polars lazily": (lambda: library("polars").scan_csv("data/no.csv").collect(), "needs the file data/no.csv", "Put"),
    "duckdb": (lambda: library("duckdb").sql("SELECT * FROM 'data/no.csv'"), "needs the file data/no.csv", "Put it"),
    "pyarrow": (lambda: library("pyarrow.parquet").read_table("data/no.parquet"), "needs the file data/no.parq", "Put"),
    "program": (
        lambda: subprocess.run(["no-such-program"], check=False),
        "needs the program 'no-such-program'",
        "PATH",
    ),
    "urllib 401": (
        lambda: denied(urllib.error.HTTPError("http://h/x", 401, "Unauthorized", Message(), None)),
        "needs credentials: HTTP Error 401: Unauthorized",
        "Set credentials",
    ),
    "requests 403": (lambda: answered_by_requests(403), "needs credentials: 403 Client Error", "Set credentials"),
    "httpx 401": (lambda: answered_by_httpx(401), "needs credentials: Client error '401 Unauthorized'", "Set cred"),
    "boto3": (lambda: boto_client(region_name="x").list_buckets(), "needs credentials: Unable to locate", "Set them"),
    "boto3, half": (
        lambda: boto_client(region_name="x", aws_access_key_id="a").list_buckets(),
        "needs credentials: Partial credentials",
        "Set them",
    ),
    "boto3, profile": (lambda: boto_client(profile_name="none"), "needs credentials: The config profile", "Set them"),
    "boto3, denied": (boto_denied, "needs credentials: An error occurred (AccessDenied)", "Set credentials"),
    "google": (
        lambda: denied(library("google.auth.exceptions").DefaultCredentialsError("Your default credentials were ...")),
        "needs credentials: Your default credentials",
        "Set them",
    ),
    "azure": (
        lambda: library("azure.identity").EnvironmentCredential().get_token("https://x/.default"),
        "needs credentials: EnvironmentCredential authentication unavailable",
        "Set them",
    ),
    "openai": (
        lambda: library("openai").OpenAI(),
        "needs the environment variable OPENAI_API_KEY",
        "Set OPENAI_API_KEY",
    ),
    "anthropic": (
        lambda: library("anthropic").Anthropic().messages.create(model="x", max_tokens=1, messages=[]),
        "needs credentials:",
        "Set them",
    ),
}
"""What libraries raise here and now, without reaching any other machine."""


@pytest.mark.parametrize("name", sorted(RAISED))
def test_what_libraries_raise_is_understood(name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The reason says what is needed, the hint what to do."""
    for variable in [name for name in os.environ if name.startswith(("AWS_", "OPENAI_", "ANTHROPIC_", "AZURE_"))]:
        monkeypatch.delenv(variable)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.chdir(tmp_path)
    run, reason, hint = RAISED[name]
    ended = raised(run)
    found = blocked(ended)
    assert found is not None, ended.outcome.detail
    assert found.reason.startswith(reason)
    assert hint in found.hint
    assert found.place == PLACE


TOLD = {
    "torch, no GPU": ("RuntimeError: No CUDA GPUs are available", "needs a GPU"),
    "torch, no CUDA": ("AssertionError: Torch not compiled with CUDA enabled", "needs a GPU"),
    "torch, no driver": (
        (
            "RuntimeError: Found no NVIDIA driver on your system. Please check that you have an NVIDIA GPU and "
            "installed a "
            "driver from http://www.nvidia.com/Download/index.aspx"
        ),
        "needs a GPU",
    ),
    "torch, load": (
        (
            "RuntimeError: Attempting to deserialize object on a CUDA device but torch.cuda.is_available() is "
            "False. If "
            "you are running on a CPU-only machine, please use torch.load with map_location=torch.device('cpu')"
        ),
        "needs a GPU",
    ),
    "jax": (
        (
            "RuntimeError: Unknown backend: 'gpu' requested, but no platforms that are instances of gpu are present. "
            "Platforms present are: cpu"
        ),
        "needs a GPU",
    ),
    "cupy": (
        "cupy_backends.cuda.api.runtime.CUDARuntimeError: cudaErrorNoDevice: no CUDA-capable device is detected",
        "needs a GPU",
    ),
    "tensorflow": (
        (
            "tensorflow.python.framework.errors_impl.InvalidArgumentError: Could not satisfy device specification "
            "'/job:localhost/replica:0/task:0/device:GPU:0'. enable_soft_placement=0."
        ),
        "needs a GPU",
    ),
    "tkinter": ("_tkinter.TclError: no display name and no $DISPLAY environment variable", "needs a display"),
    "names": (
        (
            "requests.exceptions.ConnectionError: HTTPSConnectionPool(host='data.example.org', port=443): Max retries "
            "exceeded with url: /x.csv (Caused by "
            "NameResolutionError(\"HTTPSConnection(host='data.example.org', port=443): "
            "Failed to resolve 'data.example.org' ([Errno -2] Name or service not known)\"))"
        ),
        "needs data.example.org:443, which cannot be reached",
    ),
    "gaierror": ("socket.gaierror: [Errno -2] Name or service not known", "needs another machine"),
    "psycopg2, names": (
        (
            'psycopg2.OperationalError: could not translate host name "db.example.org" to address: '
            "Name or service not known"
        ),
        "needs db.example.org, which cannot be reached",
    ),
    "sqlalchemy": (
        (
            'sqlalchemy.exc.OperationalError: (psycopg2.OperationalError) connection to server at "10.1.2.3", '
            "port 5432 "
            "failed: No route to host"
        ),
        "needs 10.1.2.3:5432, which cannot be reached",
    ),
    "boto endpoint": (
        'botocore.exceptions.EndpointConnectionError: Could not connect to the endpoint URL: "http://minio:9000/b"',
        "needs minio:9000, which cannot be reached",
    ),
    "hub": (
        (
            "OSError: We couldn't connect to 'https://huggingface.co' to load the files, and couldn't find them in the "
            "cached files."
        ),
        "needs huggingface.co, which cannot be reached",
    ),
    "gated": (
        "huggingface_hub.errors.GatedRepoError: 401 Client Error. (Request ID: Root=1-2;3-4)",
        "needs credentials: 401 Client Error",
    ),
    "openai, wrong key": (
        "openai.AuthenticationError: Error code: 401 - {'error': {'message': 'Incorrect API key provided'}}",
        "needs credentials: Error code: 401",
    ),
    "password": (
        'psycopg.OperationalError: connection failed: FATAL:  password authentication failed for user "u"',
        "needs credentials:",
    ),
    "own words": (
        "RuntimeError: Please set the environment variable DATA_DIR",
        "needs the environment variable DATA_DIR",
    ),
    "own words, a key": ("ValueError: API_TOKEN is not set", "needs the environment variable API_TOKEN"),
    "nltk": ("LookupError: Resource punkt not found.", "needs the download 'punkt'"),
    "spacy": (
        "OSError: [E050] Can't find model 'en_core_web_sm'. It doesn't seem to be a Python package.",
        "needs the download 'en_core_web_sm'",
    ),
    "extra": (
        "ImportError: Missing optional dependency 'openpyxl'.  Use pip or conda to install openpyxl.",
        "needs the package 'openpyxl'",
    ),
    "extra of a library": (
        "ImportError: AutoModel requires the PyTorch library. Install it with `pip install torch`",
        "needs the package 'torch'",
    ),
    "other name": ("ModuleNotFoundError: No module named 'sklearn'", "needs the package 'sklearn'"),
    "namespace": ("ModuleNotFoundError: No module named 'google.cloud'", "needs the package 'google.cloud'"),
}
"""Messages as libraries have them that need not be installed for these tests."""


@pytest.mark.parametrize("name", sorted(TOLD))
def test_messages_are_understood(name: str) -> None:
    """By their words, wherever the exception's class comes from."""
    message, reason = TOLD[name]
    found = blocked(trace(message))
    assert found is not None
    assert found.reason.startswith(reason)


def test_the_hint_names_the_package_and_the_line_is_told() -> None:
    """The module's name and the package's differ; the whole is one line."""
    found = blocked(trace("ModuleNotFoundError: No module named 'sklearn'"))
    assert str(found) == "train.py:3: needs the package 'sklearn'. Run `pip install scikit-learn`"


def at(line: str) -> str:
    """A traceback that ends at a line of the user's."""
    return f'Traceback (most recent call last):\n  File "/project/train.py", line 3, in <module>\n    {line}\n'


OWN = {
    "a misspelt module of the project": ("ModuleNotFoundError: No module named 'encod'", ""),
    "a module of the project out of reach": ("ModuleNotFoundError: No module named 'features'", ""),
    "a misspelt part of a package": ("ModuleNotFoundError: No module named 'sklearn.ensembel'", ""),
    "a wrong name": ("ImportError: cannot import name 'Forest' from 'sklearn.ensemble' (/x/sklearn/ensemble.py)", ""),
    "a missing key": ("KeyError: 'AGE'", ""),
    "a missing column": ("KeyError: \"['AGE_KEY'] not in index\"", ""),
    "a value": ("ValueError: could not convert string to float: 'a'", ""),
    "a shape": ("ValueError: INPUT_SHAPE must be a pair", ""),
    "a file that is there elsewhere": (
        "FileNotFoundError: [Errno 2] No such file or directory: 'small.csv'",
        at("open('small.csv')"),
    ),
    "a folder to write to": (
        "FileNotFoundError: [Errno 2] No such file or directory: 'out/model.json'",
        at("with open('out/model.json', 'w') as file:"),
    ),
    "a figure": ("FileNotFoundError: [Errno 2] No such file or directory: 'out/a.png'", at("plt.savefig('out/a.png')")),
    "a file to be removed": ("FileNotFoundError: [Errno 2] No such file or directory: 'old'", at("os.remove('old')")),
    "out of memory": ("torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB", ""),
    "not found on a server": ("requests.exceptions.HTTPError: 404 Client Error: Not Found for url: http://host/x", ""),
    "a server's own fault": ("urllib.error.HTTPError: HTTP Error 500: Internal Server Error", ""),
    "assertion": ("AssertionError", ""),
}


@pytest.mark.parametrize("name", sorted(OWN))
def test_faults_of_the_subject_stay_failures(name: str) -> None:
    """Nothing that could be put here would help."""
    message, detail = OWN[name]
    assert blocked(trace(message, detail + message)) is None


def test_a_file_that_the_run_should_have_written_is_its_own_fault() -> None:
    """It writes into that folder itself."""
    ended = trace("FileNotFoundError: [Errno 2] No such file or directory: 'out/features.csv'")
    assert blocked(ended) is not None
    access = Access(seq=0, path="out/model.json", kind="written", step=0, stack=())
    assert blocked(dataclasses.replace(ended, accesses=(access,))) is None
    assert blocked(dataclasses.replace(ended, written=("out/log.txt",))) is None


def test_only_what_both_runs_need_blocks() -> None:
    """At the same line, in the same way."""
    ended = trace("ModuleNotFoundError: No module named 'torch'")
    for other in (
        trace("ModuleNotFoundError: No module named 'torch'", place=Place(path="train.py", line=9)),
        trace("ValueError: x"),
        trace("", status="finished"),
        trace("no end after 5 s", status="timeout"),
    ):
        assert blocked(ended, other) is None
    assert blocked(trace("killed by SIGKILL", status="died")) is None


@pytest.mark.parametrize(
    ("aspect", "what", "text", "blocks"),
    [
        ("outputs", "stdout", "accuracy 0.9\n", False),
        ("outputs", "stdout", " \n", True),
        ("outputs", "stderr", "loading ...\n", True),
        ("outputs", "error", "ModuleNotFoundError", True),
        ("outputs", "output 1 (text/html)", "<p>", False),
        ("training", "Ridge.fit", "x", False),
        ("state", "variable x", "x", True),
    ],
)
def test_only_before_the_first_result(aspect: Aspect, what: str, text: str, blocks: bool) -> None:
    """What was shown is a result, noise is none."""
    value = Text(text=text, digest=text)
    seen = Observation(seq=0, aspect=aspect, what=what, step=0, stack=(), value=value)
    ended = trace("ModuleNotFoundError: No module named 'torch'")
    assert (blocked(dataclasses.replace(ended, observations=(seen,))) is not None) is blocks


@pytest.mark.parametrize(
    ("message", "printed", "reason"),
    [
        ("Set API_KEY first", "", "needs the environment variable API_KEY"),
        ("exit code 1", "Error: environment variable DATA_DIR is not set\n", "needs the environment variable DATA_DIR"),
        ("exit code 2", "usage: train.py [-h] --data DATA\ntrain.py: error: --data is required: DATA\n", None),
        ("exit code 1", "hint: set the environment variable NOISE_LEVEL\n" + "epoch\n" * 5, None),
    ],
)
def test_what_a_run_says_when_it_exits(message: str, printed: str, reason: str | None) -> None:
    """The message, or the last lines of standard error."""
    value = Text(text=printed, digest="")
    seen = Observation(seq=0, aspect="outputs", what="stderr", step=0, stack=(), value=value)
    found = blocked(dataclasses.replace(trace(message, " ", status="exited"), observations=(seen,)))
    assert (found and found.reason) == reason


def refusal(host: str, what: str, line: int = 7) -> Refusal:
    """A refusal at a line."""
    place = Place(path="train.py", line=line)
    return Refusal(seq=1, host=host, what=what, step=0, stack=(Call(place=place, function="f"),))


def test_refusals_block_whatever_the_run_did_then() -> None:
    """Also one run alone, finished, after results; every host is named once."""
    done = trace("", status="finished", place=None)
    writing = dataclasses.replace(
        done, refusals=(refusal("a.org", "POST http://a.org/x"), refusal("b.org", "SQL INSERT", 9))
    )
    found = blocked(done, writing)
    assert str(found) == (
        "train.py:7: would write to a.org: POST http://a.org/x, and 1 more like it. "
        'If every run of an audit may do so, set `allow-writes = ["a.org", "b.org"]`'
    )


def test_a_network_that_is_off_blocks_only_what_needs_it() -> None:
    """A run that does without it, or fails for another reason, is not blocked by it."""
    off = (refusal("a.org", "look up a.org (no network)"),)
    finished = trace("", status="finished")
    assert blocked(dataclasses.replace(finished, refusals=off)) is None
    assert blocked(dataclasses.replace(trace("ValueError: x"), refusals=off)) is None
    needing = dataclasses.replace(
        trace("socket.gaierror: [Errno -3] Temporary failure in name resolution"), refusals=off
    )
    assert str(blocked(needing)) == "train.py:3: needs the network: look up a.org. Run it without `no-network`"


def test_a_notebooks_traceback_is_read() -> None:
    """Its frames and its lookup of the environment look different."""
    place = Place(path="nb.ipynb", cell=0, line=1)
    head = "-" * 75 + "\nKeyError                                  Traceback (most recent call last)\n"
    environ = f"{head}Cell In[1], line 1\n----> 1 key = os.environ['NO_KEY']\n\n"
    environ += "File <frozen os>:679, in __getitem__(self, key)\n\nKeyError: 'NO_KEY'"
    found = blocked(trace("KeyError: 'NO_KEY'", environ, place=place))
    assert str(found) == "nb.ipynb cell[0]:1: needs the environment variable NO_KEY. Set NO_KEY"
    missing = "FileNotFoundError: [Errno 2] No such file or directory: 'out/a.txt'"
    writing = f"{head}Cell In[1], line 1\n----> 1 open('out/a.txt', 'w')\n\n"
    writing += f"File /x/io.py:1, in open()\n----> 1 read()\n\n{missing}"
    assert blocked(trace(missing, writing, place=place)) is None
    assert blocked(trace(missing, writing.replace("'w'", "'r'"), place=place)) is not None


def test_a_refused_file_is_told_by_its_path() -> None:
    """It is no host, and no host can be allowed for it."""
    done = dataclasses.replace(trace("", status="finished", place=None), refusals=(refusal("", "/data/out.csv"),))
    assert str(blocked(done)) == (
        "train.py:7: would write outside of the project: /data/out.csv. Runs beside the real one do not touch other "
        "files; let it write to the project or to TMPDIR"
    )

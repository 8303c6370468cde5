"""HTTP requests to another machine: what the server was sent is what counts."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.outside.namespace import Namespace

HTTP_CLIENT = """
import http.client
from urllib.parse import urlsplit
def send(verb, url):
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc)
    connection.request(verb, parts.path, "body" if verb == "POST" else None)
    return connection.getresponse().status
"""
URLLIB = """
import urllib.request
def send(verb, url):
    return urllib.request.urlopen(urllib.request.Request(url, b"body" if verb == "POST" else None, method=verb)).status
"""
URLLIB3 = """
import urllib3
def send(verb, url):
    return urllib3.PoolManager().request(verb, url).status
"""
REQUESTS = """
import requests
def send(verb, url):
    return requests.request(verb, url).status_code
"""
HTTPX = """
import httpx
def send(verb, url):
    return httpx.request(verb, url).status_code
"""
ASYNC_HTTPX = """
import asyncio, httpx
async def request(verb, url):
    async with httpx.AsyncClient() as client:
        return (await client.request(verb, url)).status_code
def send(verb, url):
    return asyncio.run(request(verb, url))
"""
AIOHTTP = """
import asyncio, aiohttp
async def request(verb, url):
    async with aiohttp.ClientSession() as session, session.request(verb, url) as answer:
        return answer.status
def send(verb, url):
    return asyncio.run(request(verb, url))
"""
TORNADO = """
import asyncio
from tornado.httpclient import AsyncHTTPClient, HTTPRequest
async def request(verb, url):
    body = b"body" if verb in ("POST", "PUT", "PATCH") else None
    return (await AsyncHTTPClient().fetch(HTTPRequest(url, method=verb, body=body))).code
def send(verb, url):
    return asyncio.run(request(verb, url))
"""
CLIENTS = {
    "http.client": ("http", HTTP_CLIENT),
    "urllib": ("urllib", URLLIB),
    "urllib3": ("urllib3", URLLIB3),
    "requests": ("requests", REQUESTS),
    "httpx": ("httpx", HTTPX),
    "httpx async": ("httpx", ASYNC_HTTPX),
    "aiohttp": ("aiohttp", AIOHTTP),
    "tornado": ("tornado", TORNADO),
}
TRY = """
for verb, url in {requests}:
    try:
        print(verb, url, send(verb, url))
    except Exception as error:
        print(verb, url, type(error).__name__)
"""
FAR, NEAR = "http://10.20.30.40:8080", "http://localhost:8080"


def client(name: str) -> str:
    """The script that defines ``send`` with a library; skips where it is not installed."""
    library, source = CLIENTS[name]
    if find_spec(library) is None:
        pytest.skip(f"{library} is not installed")
    return source


@pytest.mark.parametrize("name", sorted(CLIENTS))
def test_what_changes_something_is_not_sent(far: Namespace, tmp_path: Path, name: str) -> None:
    """Reading passes, and so does this machine; a verb that writes does not reach the other one, and is told once."""
    verbs = ["GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"]
    wanted = [(verb, f"{FAR}/{verb.lower()}?secret=1") for verb in verbs] + [("POST", f"{NEAR}/near")]
    source = client(name)
    child, sent = far.script(tmp_path / "p", source + TRY.format(requests=wanted))
    assert child.code == 0, child.stderr
    assert [line.split()[0] for line in sent] == ["GET", "HEAD", "OPTIONS", "POST"]
    assert sent[-1].split()[1] == "/near"
    assert [line["what"] for line in child.of_type("refusal")] == [
        f"{verb} {FAR}/{verb.lower()}" for verb in ("POST", "PUT", "PATCH", "DELETE")
    ]
    (first, *_rest) = child.of_type("refusal")
    assert (first["host"], first["stack"][-1]["function"]) == ("10.20.30.40", "<module>")
    assert child.stdout.count("RefusedError") == 4
    assert child.of_type("host") == [{"host": "10.20.30.40"}]
    assert child.not_compared == []


@pytest.mark.parametrize("name", ["http.client", "httpx", "httpx async", "aiohttp", "tornado"])
def test_what_the_user_allows_is_sent(far: Namespace, tmp_path: Path, name: str) -> None:
    """The host is named in ``allow-writes``."""
    source = client(name) + TRY.format(requests=[("POST", f"{FAR}/x")])
    child, sent = far.script(tmp_path / "p", source, allow_writes=["10.20.30.40:8080"])
    assert [line.split(" ")[:2] for line in sent] == [["POST", "/x"]]
    assert child.of_type("refusal") == []


@pytest.mark.parametrize(
    ("allowed", "passes"),
    [
        ("far.example", True),
        ("*.example", True),
        ("FAR.example:8080", True),
        ("far.example:80", False),
        ("example", False),
        ("10.20.30.40", False),
        ("[::1]:8080", False),
    ],
)
def test_hosts_are_allowed_as_they_are_named(far: Namespace, tmp_path: Path, allowed: str, passes: bool) -> None:
    """By the name that the program uses, with or without its port; the log knows machines by their names."""
    requests = [("POST", "http://near.example:8080/near"), ("POST", "http://far.example:8080/far")]
    child, sent = far.script(tmp_path / "p", URLLIB + TRY.format(requests=requests), allow_writes=[allowed])
    assert sent == ["POST /near body", *(["POST /far body"] if passes else [])]
    assert [line["host"] for line in child.of_type("refusal")] == ([] if passes else ["far.example"])
    assert child.of_type("host") == ([{"host": "far.example"}] if passes else [])


@pytest.mark.parametrize("name", ["urllib3", "httpx"])
def test_a_proxy_on_this_machine_hides_nothing(far: Namespace, tmp_path: Path, name: str) -> None:
    """The real target decides, in the URL or in the tunnel."""
    client(name)
    proxied = {
        "urllib3": "import urllib3\nsend = urllib3.ProxyManager('http://127.0.0.1:8080').request\n",
        "httpx": "import httpx\nsend = httpx.Client(proxy='http://127.0.0.1:8080').request\n",
    }[name]
    requests = [("GET", f"{FAR}/read"), ("POST", f"{FAR}/write"), ("POST", "https://10.20.30.40/secret")]
    child, sent = far.script(tmp_path / "p", proxied + TRY.format(requests=requests))
    assert sent == [f"GET {FAR}/read"]
    assert [line["what"] for line in child.of_type("refusal")] == [
        f"POST {FAR}/write",
        "POST https://10.20.30.40/secret",
    ]


@pytest.mark.parametrize("name", ["requests", "aiohttp"])
def test_a_redirection_to_another_machine_is_not_followed_with_a_body(
    far: Namespace, tmp_path: Path, name: str
) -> None:
    """307 asks the client to send the same once more, there."""
    child, sent = far.script(
        tmp_path / "p", client(name) + TRY.format(requests=[("POST", f"{NEAR}/moved?{FAR}/written")])
    )
    assert [line.split(" ")[1] for line in sent] == [f"/moved?{FAR}/written"]
    assert [line["what"] for line in child.of_type("refusal")] == [f"POST {FAR}/written"]


def test_unix_sockets_are_this_machine(far: Namespace, tmp_path: Path) -> None:
    """A client that speaks HTTP through one may name any host."""
    script = f"""
import http.client, socket, threading
listening = socket.socket(socket.AF_UNIX)
listening.bind({str(tmp_path / "s")!r})
listening.listen()
def serve():
    connection, _ = listening.accept()
    print(connection.recv(1000).split()[:2])
    connection.sendall(b"HTTP/1.1 200 OK\\r\\nContent-Length: 0\\r\\n\\r\\n")
threading.Thread(target=serve).start()
class Unix(http.client.HTTPConnection):
    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect({str(tmp_path / "s")!r})
connection = Unix("docker")
connection.connect()
connection.request("POST", "/containers")
print(connection.getresponse().status)
"""
    child, _sent = far.script(tmp_path / "p", script)
    assert (child.stdout, child.of_type("refusal")) == ("[b'POST', b'/containers']\n200\n", [])


def test_storage_clients_built_on_them_are_covered(far: Namespace, tmp_path: Path) -> None:
    """boto3 reads an object, and uploads none."""
    pytest.importorskip("boto3")
    script = f"""
import boto3
client = boto3.client("s3", endpoint_url={FAR!r}, aws_access_key_id="a", aws_secret_access_key="b", region_name="x")
print(client.get_object(Bucket="bucket", Key="key")["ResponseMetadata"]["HTTPStatusCode"])
client.put_object(Bucket="bucket", Key="key", Body=b"x")
"""
    child, sent = far.script(tmp_path / "p", script)
    assert (child.stdout, child.code, sent) == ("200\n", 1, ["GET /bucket/key"])
    (refusal,) = child.of_type("refusal")
    assert refusal["what"] == f"PUT {FAR}/bucket/key"
    assert refusal["stack"][0]["place"]["line"] == 5


def test_errors_and_their_tracebacks_stay_as_they_are(far: Namespace, tmp_path: Path) -> None:
    """A connection that nobody accepts fails as without the probes: no frame of theirs is in between."""
    script = "import urllib.request\nurllib.request.urlopen('http://127.0.0.1:1/', data=b'x')\n"
    child, _sent = far.script(tmp_path / "p", script)
    assert "Connection refused" in child.stderr
    assert "probes" not in child.stderr


def test_refusals_that_user_code_swallows_are_logged_in_children_too(far: Namespace, tmp_path: Path) -> None:
    """A child process has probes of its own; a thread without user code on its stack is refused as well."""
    script = f"""
import subprocess, sys, threading, urllib.request
post = "import urllib.request; urllib.request.urlopen('{FAR}/child', data=b'x')"
print(subprocess.run([sys.executable, "-c", post], stderr=subprocess.DEVNULL).returncode)
thread = threading.Thread(target=urllib.request.urlopen, args=("{FAR}/thread", b"x"))
threading.excepthook = lambda args: print(args.exc_type.__name__)
thread.start()
thread.join()
"""
    child, sent = far.script(tmp_path / "p", script)
    assert (child.stdout, list(sent)) == ("1\nRefusedError\n", [])
    refused = [line["what"] for lines in child.logs.values() for line in lines if line["type"] == "refusal"]
    assert sorted(refused) == [f"POST {FAR}/child", f"POST {FAR}/thread"]

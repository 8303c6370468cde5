"""HTTP requests that change something, by their verb: it is known before a connection is made.

Verbs decide, not what a server makes of them: a search by POST is refused too, a GET that buys something passes. The
opening of a websocket is a GET and passes; what is sent through it afterwards is not told apart.
"""

from __future__ import annotations

from .guard import Effect

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from .guard import Guard

_READING = frozenset({"GET", "HEAD", "OPTIONS", "TRACE", "PROPFIND", "REPORT", "SEARCH", "QUERY", "CONNECT", "PRI"})
"""Verbs that promise to change nothing; CONNECT asks a proxy for a tunnel, and what goes through it has its own."""
_USUAL_PORTS = {"http": 80, "https": 443}


def install(guard: Guard, name: str, module: Any) -> None:
    """Watch the place of a library where every request comes by."""
    kind, method, describe = _POINTS[name]
    guard.watch(getattr(module, kind), method, describe)


def _effect(verb: str, scheme: str, host: str, port: int | None, path: str) -> Effect | None:
    """None for a verb that reads; a query may hold secrets and is not shown."""
    if verb.upper() in _READING:
        return None
    shown = f"[{host}]" if ":" in host else host
    number = port or _USUAL_PORTS.get(scheme)
    place = shown if number == _USUAL_PORTS.get(scheme) else f"{shown}:{number}"
    return Effect(host, number, f"{verb.upper()} {scheme}://{place}{path.partition('?')[0]}")


def _of_url(verb: str, url: str) -> Effect | None:
    from urllib.parse import urlsplit

    parts = urlsplit(url)
    return _effect(verb, parts.scheme, parts.hostname or "", parts.port, parts.path)


def _client(connection: Any, method: str, url: str, *_args: Any, **_kwargs: Any) -> Effect | None:
    """A connection to a proxy names the real target in its tunnel or in the URL."""
    if "://" in url.partition("?")[0]:
        return _of_url(method, url)
    if _is_unix(getattr(connection, "sock", None)):
        return None
    scheme = "https" if getattr(connection, "default_port", 80) == _USUAL_PORTS["https"] else "http"
    host, port = connection.host, connection.port
    if getattr(connection, "_tunnel_host", None):
        host, port = connection._tunnel_host, connection._tunnel_port  # noqa: SLF001  (has no public name)
    return _effect(method, scheme, str(host), port, url)


def _pool(pool: Any, method: str, url: str, *_args: Any, **_kwargs: Any) -> Effect | None:
    """urllib3 opens the connection, and its encryption, before it names the verb."""
    if "://" in url.partition("?")[0]:
        return _of_url(method, url)
    return _effect(method, pool.scheme, pool.host, pool.port, url)


def _is_unix(sock: Any) -> bool:
    from _socket import AF_UNIX

    return getattr(sock, "family", None) == AF_UNIX


def _httpcore(pool: Any, request: Any) -> Effect | None:
    if getattr(pool, "_uds", None) is not None:
        return None
    url = request.url
    parts = (request.method, url.scheme, url.host, url.target)
    method, scheme, host, path = (bytes(part).decode("latin-1") for part in parts)
    return _effect(method, scheme, host, url.port, path)


def _aiohttp(connector: Any, req: Any, *_args: Any, **_kwargs: Any) -> Effect | None:
    if type(connector).__name__ in ("UnixConnector", "NamedPipeConnector"):
        return None
    return _effect(req.method, req.url.scheme, req.url.host or "", req.url.port, req.url.raw_path)


def _tornado(_client: Any, request: Any, *_args: Any, **_kwargs: Any) -> Effect | None:
    return _of_url(request.method, request.url)


_POINTS: dict[str, tuple[str, str, Callable[..., Effect | None]]] = {
    "http.client": ("HTTPConnection", "putrequest", _client),
    "urllib3.connectionpool": ("HTTPConnectionPool", "urlopen", _pool),
    "urllib3.http2.connection": ("HTTP2Connection", "putrequest", _client),
    "httpcore._sync.connection_pool": ("ConnectionPool", "handle_request", _httpcore),
    "httpcore._async.connection_pool": ("AsyncConnectionPool", "handle_async_request", _httpcore),
    "httpcore2._sync.connection_pool": ("ConnectionPool", "handle_request", _httpcore),
    "httpcore2._async.connection_pool": ("AsyncConnectionPool", "handle_async_request", _httpcore),
    "aiohttp.connector": ("BaseConnector", "connect", _aiohttp),
    "tornado.simple_httpclient": ("SimpleAsyncHTTPClient", "fetch_impl", _tornado),
}
"""Module -> class, its method, and what tells the request from the method's arguments."""

"""Small real servers that log what they are sent: HTTP, SMTP, FTP, PostgreSQL and MySQL."""

from __future__ import annotations

import socketserver
import struct
import threading
from collections.abc import Callable
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Sent:
    """What the servers were sent, in words."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._lock = threading.Lock()

    def add(self, line: str) -> None:
        """Note something."""
        with self._lock:
            self._lines.append(line)

    def take(self) -> list[str]:
        """All of it, once."""
        with self._lock:
            lines, self._lines = self._lines, []
            return lines


def start_all(address: str, sent: Sent) -> dict[str, int]:
    """Serve at the address and at loopback, each under a port that both share; name of the service -> port."""
    services: dict[str, Callable[[socketserver.StreamRequestHandler, Sent], None]] = {
        "smtp": serve_smtp,
        "ftp": serve_ftp,
        "postgres": serve_postgres,
        "mysql": serve_mysql,
    }
    ports = {"http": 8080}
    for host in (address, "127.0.0.1"):
        _run(ThreadingHTTPServer((host, ports["http"]), _http_handler(sent)))
        for number, (name, serve) in enumerate(services.items(), 9001):
            ports[name] = number
            _run(_Server((host, number), _handler(serve, sent)))
    return ports


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


def _run(server: socketserver.TCPServer) -> None:
    threading.Thread(target=server.serve_forever, daemon=True).start()


def _handler(serve: Callable[[Any, Sent], None], sent: Sent) -> type[socketserver.StreamRequestHandler]:
    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            with suppress(ConnectionError, struct.error):  # the client went away
                serve(self, sent)

    return Handler


def _http_handler(sent: Sent) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            sent.add(f"{self.command} {self.path} {body.decode('latin-1')}".strip())
            if self.path.startswith("/moved"):
                self.send_response(307)
                self.send_header("Location", self.path.partition("?")[2])
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", "2")
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(b"{}")

        def log_message(self, *_args: Any) -> None:
            pass

    for verb in ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"):
        setattr(Handler, f"do_{verb}", Handler.answer)
    return Handler


def serve_smtp(handler: socketserver.StreamRequestHandler, sent: Sent) -> None:
    """As much as smtplib needs to send a mail."""
    write = handler.wfile.write
    write(b"220 far ESMTP\r\n")
    while line := handler.rfile.readline():
        command = line.decode().strip()
        sent.add(f"SMTP {command}")
        word = command.upper().split(" ")[0]
        if word == "EHLO":
            write(b"250-far\r\n250 AUTH PLAIN\r\n")
        elif word == "AUTH":
            write(b"235 ok\r\n")
        elif word == "DATA":
            write(b"354 go\r\n")
            while handler.rfile.readline() not in (b".\r\n", b""):
                pass
            sent.add("SMTP mail")
            write(b"250 ok\r\n")
        elif word == "QUIT":
            write(b"221 bye\r\n")
            return
        else:
            write(b"250 ok\r\n")


def serve_ftp(handler: socketserver.StreamRequestHandler, sent: Sent) -> None:
    """Answers commands, without data connections."""
    handler.wfile.write(b"220 far\r\n")
    while line := handler.rfile.readline():
        command = line.decode().strip()
        sent.add(f"FTP {command}")
        answer = {"USER": "331 password", "PWD": '257 "/"', "MKD": '257 "/x"', "QUIT": "221 bye", "TYPE": "200 ok"}
        word = command.split(" ")[0].upper()
        handler.wfile.write(answer.get(word, "230 ok" if word == "PASS" else "502 no").encode() + b"\r\n")


def serve_postgres(handler: socketserver.StreamRequestHandler, sent: Sent) -> None:
    """The protocol of PostgreSQL, simple and extended: every statement succeeds, a query gives one row."""
    read, write = handler.rfile.read, handler.wfile.write

    def message(kind: bytes, body: bytes = b"") -> bytes:
        return kind + struct.pack("!i", len(body) + 4) + body

    column = b"n\0" + struct.pack("!ihihih", 0, 0, 23, 4, -1, 0)
    row = message(b"D", struct.pack("!hi", 1, 1) + b"1")
    described = message(b"T", struct.pack("!h", 1) + column)
    ready = message(b"Z", b"I")
    (length, code) = struct.unpack("!ii", read(8))
    if code == 80877103:  # asks for TLS
        write(b"N")
        (length, code) = struct.unpack("!ii", read(8))
    read(length - 8)
    settings = {"server_version": "15.0", "client_encoding": "UTF8", "standard_conforming_strings": "on"}
    settings |= {"DateStyle": "ISO, MDY", "integer_datetimes": "on", "TimeZone": "UTC"}
    write(message(b"R", struct.pack("!i", 0)))
    for name, value in settings.items():
        write(message(b"S", f"{name}\0{value}\0".encode()))
    write(message(b"K", struct.pack("!ii", 1, 2)) + ready)
    statement = ""
    while kind := read(1):
        body = read(struct.unpack("!i", read(4))[0] - 4)
        query = statement.upper().startswith("SELECT")
        if kind == b"Q":
            statement = body[:-1].decode()
            sent.add(f"SQL {statement}")
            query = statement.upper().startswith("SELECT")
            done = message(b"C", b"SELECT 1\0" if query else statement.split(" ")[0].upper().encode() + b"\0")
            write((described + row if query else b"") + done + ready)
        elif kind == b"P":
            statement = body.split(b"\0")[1].decode()
            sent.add(f"SQL {statement}")
            write(message(b"1"))
        elif kind == b"B":
            write(message(b"2"))
        elif kind == b"C":
            write(message(b"3"))
        elif kind == b"D":
            parameters = message(b"t", struct.pack("!h", 0)) if body[:1] == b"S" else b""
            write(parameters + (described if query else message(b"n")))
        elif kind == b"E":
            done = b"SELECT 1\0" if query else statement.split(" ")[0].upper().encode() + b"\0"
            write((row if query else b"") + message(b"C", done))
        elif kind == b"S":
            write(ready)
        elif kind == b"X":
            return
        handler.wfile.flush()


def serve_mysql(handler: socketserver.StreamRequestHandler, sent: Sent) -> None:
    """The protocol of MySQL: any password is right, every statement succeeds, a query gives one row."""
    read, write = handler.rfile.read, handler.wfile.write

    def packet(number: int, body: bytes) -> bytes:
        return struct.pack("<I", len(body))[:3] + bytes([number]) + body

    def received(stream: Callable[[int], bytes]) -> bytes:
        head = stream(4)
        return stream(int.from_bytes(head[:3], "little")) if len(head) == 4 else b""

    def text(value: bytes) -> bytes:
        return bytes([len(value)]) + value

    flags = 0x00000001 | 0x00000200 | 0x00002000 | 0x00008000 | 0x00080000 | 0x8
    greeting = b"\x0a8.0.0\0" + struct.pack("<I", 1) + b"12345678\0" + struct.pack("<H", flags & 0xFFFF) + b"\xff\2\0"
    greeting += (
        struct.pack("<H", flags >> 16) + bytes([21]) + bytes(10) + b"123456789012\0" + b"mysql_native_password\0"
    )
    okay = b"\0\0\0\2\0\0\0"
    text_column = 253
    write(packet(0, greeting))
    received(read)
    write(packet(2, okay))
    column = (
        text(b"def") + text(b"") * 3 + text(b"n") * 2 + b"\x0c" + struct.pack("<HIBHB2x", 45, 99, text_column, 0, 0)
    )
    end = b"\xfe\0\0\2\0"
    while body := received(read):
        if body[0] == 1:
            return
        if body[0] == 3:
            statement = body[1:].decode()
            sent.add(f"SQL {statement}")
            if statement.upper().startswith("SELECT"):
                value = text(b"8.0.0" if "VERSION" in statement else b"1")
                write(packet(1, b"\1") + packet(2, column) + packet(3, end) + packet(4, value) + packet(5, end))
                continue
            if statement.upper().startswith("DESCRIBE"):
                write(packet(1, b"\xff" + struct.pack("<H", 1146) + b"#42S02no such table"))
                continue
        write(packet(1, okay))

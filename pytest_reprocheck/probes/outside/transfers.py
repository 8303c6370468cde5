"""Mail, and files sent to other machines: smtplib, ftplib, paramiko."""

from __future__ import annotations

from .guard import Effect

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .guard import Guard

_FTP_WRITES = frozenset(["STOR", "STOU", "APPE", "DELE", "RNFR", "RNTO", "MKD", "XMKD", "RMD", "XRMD", "SITE"])


def install(guard: Guard, name: str, module: Any) -> None:
    """Watch what a module of this name sends."""
    if name == "smtplib":
        for method in ("login", "sendmail", "mail", "rcpt", "data"):
            guard.watch(module.SMTP, method, _mail)
    elif name == "ftplib":
        for method in ("putcmd", "ntransfercmd"):
            guard.watch(module.FTP, method, _ftp)
    elif name == "paramiko.channel":
        guard.watch(module.Channel, "exec_command", _remote_command)
    else:
        guard.watch(module.SFTPClient, "_async_request", _sftp_of(module))


def _mail(client: Any, *_args: Any, **_kwargs: Any) -> Effect | None:
    sock = getattr(client, "sock", None)
    if sock is None:
        return None  # not connected: smtplib says so itself
    host = getattr(client, "_host", "") or peer(sock)[0]
    return Effect(peer(sock)[0] if host.startswith("/") else host, peer(sock)[1], "mail by smtplib")


def _ftp(client: Any, line: str, *_args: Any, **_kwargs: Any) -> Effect | None:
    command = line.split(maxsplit=1)[0].upper() if line.strip() else ""
    return Effect(client.host, client.port, f"FTP {command}") if command in _FTP_WRITES else None


def _remote_command(channel: Any, *_args: Any, **_kwargs: Any) -> Effect | None:
    """A command may do anything."""
    host, port = peer(channel.get_transport())
    return Effect(host, port, "a command by ssh")


def _sftp_of(module: Any) -> Any:
    names = ("REMOVE", "RENAME", "MKDIR", "RMDIR", "SETSTAT", "FSETSTAT", "SYMLINK", "WRITE")
    writes = {getattr(module, f"CMD_{name}"): name.lower() for name in names if hasattr(module, f"CMD_{name}")}
    opening, writing = module.CMD_OPEN, module.SFTP_FLAG_WRITE

    def sftp(client: Any, _file: Any, command: int, *args: Any) -> Effect | None:
        what = writes.get(command)
        if command == opening and len(args) > 1 and args[1] & writing:
            what = "open to write"
        if what is None:
            return None
        host, port = peer(client.get_channel().get_transport())
        return Effect(host, port, f"SFTP {what}")

    return sftp


def peer(connected: Any) -> tuple[str, int | None]:
    """Address and port of the other side of a socket, or of what has one; no host for a Unix socket."""
    peer = connected.getpeername()
    return (str(peer[0]), int(peer[1])) if isinstance(peer, tuple) else ("", None)

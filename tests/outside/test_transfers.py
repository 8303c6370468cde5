"""Mail and files sent to another machine."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.outside.namespace import Namespace

MAIL = """
import smtplib
from email.message import EmailMessage
message = EmailMessage()
message["From"], message["To"] = "a@example.org", "b@example.org"
for host in {hosts}:
    with smtplib.SMTP(host, {port}) as client:
        try:
            {what}
        except Exception as error:
            print(host, type(error).__name__)
"""


@pytest.mark.parametrize(
    "what",
    [
        "client.send_message(message)",
        "client.sendmail('a@example.org', ['b@example.org'], 'hello')",
        "client.login('user', 'password')",
        "client.ehlo(); client.mail('a@example.org')",
    ],
)
def test_mail_is_sent_by_this_machine_alone(far: Namespace, tmp_path: Path, what: str) -> None:
    """The other server is greeted at most."""
    hosts = ["far.example", "localhost"]
    child, sent = far.script(tmp_path / "p", MAIL.format(hosts=hosts, port=far.ports["smtp"], what=what))
    assert child.stdout == "far.example RefusedError\n"
    assert [(line["host"], line["what"]) for line in child.of_type("refusal")] == [("far.example", "mail by smtplib")]
    words = [line.split()[1].lower() for line in sent]
    assert not {"mail", "auth", "rcpt", "data"} & set(words[: words.index("quit")])
    assert {"mail", "auth"} & set(words[words.index("quit") :])


def test_files_are_not_stored_by_ftp(far: Namespace, tmp_path: Path) -> None:
    """Looking around passes."""
    script = f"""
import ftplib, io
with ftplib.FTP() as client:
    client.connect("10.20.30.40", {far.ports["ftp"]})
    client.login("user", "password")
    print(client.pwd())
    store = lambda: client.storbinary("STOR x", io.BytesIO())
    for what in (lambda: client.mkd("x"), lambda: client.delete("x"), store):
        try:
            what()
        except Exception as error:
            print(type(error).__name__)
"""
    child, sent = far.script(tmp_path / "p", script)
    assert child.stdout == "/\n" + "RefusedError\n" * 3
    assert [line["what"] for line in child.of_type("refusal")] == ["FTP MKD", "FTP DELE", "FTP STOR"]
    assert not {"MKD", "DELE", "STOR"} & {line.split()[1] for line in sent}


SFTP = """
import os, socket, threading
import paramiko

class Login(paramiko.ServerInterface):
    def check_auth_password(self, username, password): return paramiko.AUTH_SUCCESSFUL
    def check_channel_request(self, kind, channel): return paramiko.OPEN_SUCCEEDED
    def check_channel_exec_request(self, channel, command):
        print("ran", command, flush=True)
        return True

class Files(paramiko.SFTPServerInterface):
    def stat(self, path):
        print("stat", path, flush=True)
        return paramiko.SFTPAttributes.from_stat(os.stat("/"))
    def open(self, path, flags, attr):
        print("open", path, flush=True)
        return paramiko.SFTP_FAILURE
    def remove(self, path):
        print("remove", path, flush=True)
        return paramiko.SFTP_OK

listening = socket.create_server(("10.20.30.40", 0))
def serve():
    while True:
        transport = paramiko.Transport(listening.accept()[0])
        transport.add_server_key(paramiko.ECDSAKey.generate())
        transport.set_subsystem_handler("sftp", paramiko.SFTPServer, Files)
        transport.start_server(server=Login())
threading.Thread(target=serve, daemon=True).start()

client = paramiko.SSHClient()
client.set_missing_host_key_policy(paramiko.AutoAddPolicy())
client.connect("10.20.30.40", listening.getsockname()[1], "user", "password", look_for_keys=False, allow_agent=False)
files = client.open_sftp()
files.stat("/read")
for what in (
    lambda: files.open("/read", "r"),
    lambda: files.open("/written", "w"),
    lambda: files.remove("/removed"),
    lambda: client.exec_command("rm -r data"),
):
    try:
        what()
    except Exception as error:
        print(type(error).__name__, flush=True)
os._exit(0)
"""


def test_files_and_commands_are_not_sent_by_ssh(far: Namespace, tmp_path: Path) -> None:
    """Reading passes; a command may do anything."""
    pytest.importorskip("paramiko")
    child, _sent = far.script(tmp_path / "p", SFTP)
    assert child.stdout.splitlines() == ["stat /read", "open /read", "OSError", *["RefusedError"] * 3], child.stderr
    assert [line["what"] for line in child.of_type("refusal")] == [
        "SFTP open to write",
        "SFTP remove",
        "a command by ssh",
    ]

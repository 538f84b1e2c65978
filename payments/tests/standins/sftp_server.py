"""An SFTP server over a folder, for tests: one user, one key, and renames that fail where the name is taken, as OpenSSH's do."""

import contextlib
import errno
import os
import socket
import threading
from pathlib import Path

import paramiko


class _Door(paramiko.ServerInterface):
    def __init__(self, key: paramiko.PKey) -> None:
        self.key = key

    def check_auth_publickey(self, username, key):
        known = username == "flowlet" and key.asbytes() == self.key.asbytes()
        return paramiko.AUTH_SUCCESSFUL if known else paramiko.AUTH_FAILED

    def get_allowed_auths(self, username):
        return "publickey"

    def check_channel_request(self, kind, chanid):
        return paramiko.OPEN_SUCCEEDED


class _Folder(paramiko.SFTPServerInterface):
    root: Path

    def _path(self, path):
        return self.root / path.lstrip("/")

    def stat(self, path):
        try:
            return paramiko.SFTPAttributes.from_stat(os.stat(self._path(path)))
        except OSError as error:
            return paramiko.SFTPServer.convert_errno(error.errno)

    lstat = stat

    def open(self, path, flags, attr):
        try:
            stream = os.fdopen(os.open(self._path(path), flags, 0o600), "r+b" if flags & (os.O_WRONLY | os.O_RDWR) else "rb")
        except OSError as error:
            return paramiko.SFTPServer.convert_errno(error.errno)
        handle = paramiko.SFTPHandle(flags)
        handle.filename, handle.readfile, handle.writefile = str(path), stream, stream
        return handle

    def rename(self, oldpath, newpath):
        if self._path(newpath).exists():
            return paramiko.SFTPServer.convert_errno(errno.EEXIST)
        os.rename(self._path(oldpath), self._path(newpath))
        return paramiko.SFTP_OK

    def remove(self, path):
        os.unlink(self._path(path))
        return paramiko.SFTP_OK


class SftpServer:
    """``with SftpServer(folder, client_key) as server``: ``port`` and ``host_key`` (as in known_hosts)."""

    def __init__(self, root: Path, client_key: paramiko.PKey) -> None:
        self.root, self.client_key = root, client_key
        self.key = paramiko.RSAKey.generate(2048)
        self.host_key = f"{self.key.get_name()} {self.key.get_base64()}"
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.transports: list[paramiko.Transport] = []

    def __enter__(self) -> "SftpServer":
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def __exit__(self, *args: object) -> None:
        self.socket.close()
        for transport in self.transports:
            transport.close()

    def _serve(self) -> None:
        folder = type("Folder", (_Folder,), {"root": self.root})
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            transport = paramiko.Transport(connection)
            self.transports.append(transport)
            transport.add_server_key(self.key)
            transport.set_subsystem_handler("sftp", paramiko.SFTPServer, folder)
            with contextlib.suppress(EOFError, paramiko.SSHException):  # who is not let in hangs up
                transport.start_server(server=_Door(self.client_key))

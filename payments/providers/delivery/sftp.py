"""Delivery by SFTP (SSH file transfer protocol) with a key of ours and the server's key pinned."""

import base64
import contextlib
import hashlib
import io
import posixpath
from dataclasses import dataclass

import paramiko

from payments.errors import DeliveryFailed, FileDiffers

_LARGEST = 512 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Sftp:
    """``host_key`` is the server's public key, ``type base64`` as in known_hosts: another key is refused. ``private_key`` is ours, in PEM.

    ``put`` writes under a name of its own, compares what arrived, and renames, which fails where the name is taken.
    """

    host: str
    port: int
    user: str
    private_key: str
    host_key: str
    folder: str
    seconds: float = 30.0

    def put(self, *, name: str, content: bytes) -> str:
        """See ``Delivery``."""
        target, part = posixpath.join(self.folder, name), posixpath.join(self.folder, f".{name}.part")
        try:
            with contextlib.ExitStack() as stack:
                channel = self._connect(stack)
                if self._is_there(channel, target, content):
                    return f"sftp:{name}"
                with channel.open(part, "wb") as stream:
                    stream.set_pipelined(True)
                    stream.write(content)
                if channel.stat(part).st_size != len(content):
                    raise DeliveryFailed("The file arrived cut short.")
                try:
                    channel.rename(part, target)
                except OSError:
                    if not self._is_there(channel, target, content):
                        raise
                    channel.remove(part)
        except (paramiko.SSHException, OSError, EOFError) as error:
            raise DeliveryFailed(f"The SFTP server could not be used: {type(error).__name__}.") from error
        return f"sftp:{name}"

    def _connect(self, stack: contextlib.ExitStack) -> paramiko.SFTPClient:
        kind, _, data = self.host_key.partition(" ")
        expected = base64.b64decode(data.split(" ")[0])
        transport = paramiko.Transport((self.host, self.port))
        stack.callback(transport.close)
        transport.banner_timeout = transport.auth_timeout = self.seconds
        transport.start_client(timeout=self.seconds)
        found = transport.get_remote_server_key()
        if found.get_name() != kind or found.asbytes() != expected:
            raise DeliveryFailed("The SFTP server shows another key than the one that is pinned.")
        transport.auth_publickey(self.user, _key(self.private_key))
        channel = paramiko.SFTPClient.from_transport(transport)
        if channel is None:
            raise DeliveryFailed("The SFTP server gives no file transfer.")
        channel.get_channel().settimeout(self.seconds)
        return channel

    @staticmethod
    def _is_there(channel: paramiko.SFTPClient, target: str, content: bytes) -> bool:
        """Whether the same file is there already. Raises FileDiffers when another one has its name."""
        try:
            with channel.open(target, "rb") as stream:
                found = stream.read(min(len(content) + 1, _LARGEST))
        except FileNotFoundError:
            return False
        if hashlib.sha256(found).digest() != hashlib.sha256(content).digest():
            raise FileDiffers(f"Another file is called {posixpath.basename(target)} already.")
        return True


def _key(text: str) -> paramiko.PKey:
    for kind in (paramiko.Ed25519Key, paramiko.ECDSAKey, paramiko.RSAKey):
        with contextlib.suppress(paramiko.SSHException, ValueError):
            return kind.from_private_key(io.StringIO(text))
    raise DeliveryFailed("The private key for SFTP cannot be read.")

"""Virus scanners: the port, the sandbox's and clamd's.

``settings.VIRUS_SCANNER`` is ``sandbox``, ``clamd://host:port``, or empty: then nothing is taken.
"""

import socket
import struct
from typing import Final, Protocol
from urllib.parse import urlsplit

from django.conf import settings

from compliance.errors import ScannerUnavailable

EICAR: Final = b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE"
SECONDS: Final = 10.0
CHUNK: Final = 1 << 16


class Scanner(Protocol):
    """Whoever looks for viruses."""

    def scan(self, content: bytes) -> str:
        """What was found, such as ``Eicar-Test-Signature``; empty for nothing. Raises ScannerUnavailable."""
        ...


class Sandbox:
    """Finds the test file that all scanners find (eicar.org), and nothing else."""

    def scan(self, content: bytes) -> str:
        """By its words."""
        return "Eicar-Test-Signature" if EICAR in content else ""


class Clamd:
    """clamd over TCP, command INSTREAM (clamd(8)): chunks with their length, a chunk of nothing at the end."""

    def __init__(self, host: str, port: int) -> None:
        self.address = (host, port)

    def scan(self, content: bytes) -> str:
        """What clamd says."""
        try:
            with socket.create_connection(self.address, timeout=SECONDS) as connection:
                connection.sendall(b"zINSTREAM\0")
                for start in range(0, len(content), CHUNK):
                    part = content[start : start + CHUNK]
                    connection.sendall(struct.pack(">I", len(part)) + part)
                connection.sendall(struct.pack(">I", 0))
                answer = b""
                while not answer.endswith(b"\0") and (more := connection.recv(4096)):
                    answer += more
        except OSError:
            raise ScannerUnavailable() from None
        words = answer.rstrip(b"\0").decode("utf-8", "replace")
        if words == "stream: OK":
            return ""
        if words.startswith("stream: ") and words.endswith(" FOUND"):
            return words.removeprefix("stream: ").removesuffix(" FOUND")[:80]
        raise ScannerUnavailable()


def scanner() -> Scanner:
    """The scanner of the settings. Raises ScannerUnavailable without one."""
    if settings.VIRUS_SCANNER == "sandbox":
        return Sandbox()
    parts = urlsplit(settings.VIRUS_SCANNER)
    if parts.scheme == "clamd" and parts.hostname:
        return Clamd(parts.hostname, parts.port or 3310)
    raise ScannerUnavailable()

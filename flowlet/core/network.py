"""The sockets under outbound calls: only public addresses, and an end to every wait.

A name is resolved here, each address is looked at, and the very address that was looked at is connected to, so that a name that
answers differently the second time (DNS rebinding) gains nothing. All waits of one call share one deadline: a peer that sends a byte
now and then would otherwise hold a worker for ever.
"""

import contextlib
import ipaddress
import socket
import ssl
import time
from collections.abc import Iterable, Iterator
from contextvars import ContextVar
from typing import Any

import httpcore
import httpx

_deadline: ContextVar[float | None] = ContextVar("outbound_deadline", default=None)


class AddressRefused(httpcore.ConnectError):
    """The name leads to an address inside a private network, and nobody said that it may."""


@contextlib.contextmanager
def deadline(seconds: float) -> Iterator[None]:
    """Let all waits on sockets inside the block end after so many seconds together."""
    token = _deadline.set(time.monotonic() + seconds)
    try:
        yield
    finally:
        _deadline.reset(token)


def is_public(address: str) -> bool:
    """Whether the IP address is reachable for everybody: not private, loopback, link-local, multicast, reserved or a tunnel to one."""
    found = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(found, ipaddress.IPv6Address):
        inner = found.ipv4_mapped or found.sixtofour or (found.teredo or (None, None))[1]
        if inner is None and found in _NAT64:
            inner = ipaddress.IPv4Address(int(found) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(str(inner))
    return found.is_global and not found.is_multicast


_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")  # RFC 6052 §2.1


def _left(timeout: float | None, timed_out: type[Exception]) -> float | None:
    """The shorter of this wait's time and what is left of the call's. Raises ``timed_out`` when nothing is left."""
    end = _deadline.get()
    if end is None:
        return timeout
    left = end - time.monotonic()
    if left <= 0:
        raise timed_out("The time of the whole call is over.")
    return left if timeout is None else min(timeout, left)


class _Stream(httpcore.NetworkStream):
    """A connection whose waits end with the call."""

    def __init__(self, inner: httpcore.NetworkStream) -> None:
        self._inner = inner

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, _left(timeout, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, _left(timeout, httpcore.WriteTimeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        return _Stream(self._inner.start_tls(ssl_context, server_hostname, _left(timeout, httpcore.ConnectTimeout)))

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


class Network(httpcore.NetworkBackend):
    """Connects to public addresses, and to private ones of the hosts that are named."""

    def __init__(self, *, private_hosts: Iterable[str] = ()) -> None:
        self._private_hosts = frozenset(host.lower() for host in private_hosts)
        self._sockets = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """A connection to the first address of the host that answers. Raises AddressRefused, ConnectError or ConnectTimeout."""
        problem: Exception = httpcore.ConnectError("The name has no address.")
        for address in self._addresses(host, port):
            try:
                left = _left(timeout, httpcore.ConnectTimeout)
                return _Stream(self._sockets.connect_tcp(address, port, left, local_address, socket_options or ()))
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                problem = error
        raise problem

    def _addresses(self, host: str, port: int) -> list[str]:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except OSError as error:
            raise httpcore.ConnectError(f"The name could not be resolved: {error}") from error
        addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
        if host.lower().strip("[]") not in self._private_hosts and not all(is_public(address) for address in addresses):
            raise AddressRefused("The host has a private address and is not named in FLOWLET_OUTBOUND_PRIVATE_HOSTS.")
        return addresses


class Transport(httpx.HTTPTransport):
    """httpx's transport over our sockets."""

    def __init__(self, *, network: Network, tls: ssl.SSLContext | None = None, connections: int = 20) -> None:
        context = tls or httpx.create_ssl_context()
        super().__init__(verify=context, trust_env=False)
        # The one thing httpx has no argument for.
        self._pool = httpcore.ConnectionPool(
            ssl_context=context, network_backend=network, max_connections=connections, keepalive_expiry=15.0
        )

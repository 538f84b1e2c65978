"""What all stand-ins have in common: a server on a free port in a thread, a log of what was said, and faults on demand."""

import contextlib
import http.server
import json
import re
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit


@dataclass(frozen=True)
class Asked:
    """One request. ``headers`` are in lower case; ``query`` and ``form`` are pairs as they came, ``parameters`` and ``fields`` the same by
    name. ``url`` is the whole address that was asked for.
    """

    method: str
    path: str
    query: list[tuple[str, str]]
    headers: dict[str, str]
    body: bytes
    url: str = ""
    client_certificate: dict[str, Any] | None = None

    @property
    def parameters(self) -> dict[str, str]:
        return dict(self.query)

    @property
    def fields(self) -> dict[str, str]:
        return dict(self.form)

    @property
    def form(self) -> list[tuple[str, str]]:
        return parse_qsl(self.body.decode(), keep_blank_values=True)

    @property
    def json(self) -> Any:
        return json.loads(self.body) if self.body else None


@dataclass(frozen=True)
class Reply:
    """One answer; ``data`` is written as JSON, None as no body at all."""

    status: int = 200
    data: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    content_type: str = "application/json"

    @property
    def body(self) -> bytes:
        return b"" if self.data is None else json.dumps(self.data).encode()


@dataclass
class Fault:
    """What goes wrong, the next ``times`` times that something asks for ``method`` (any where none is named) and a path that ends as
    ``path`` (a pattern) says.

    LOSE_REQUEST: nothing is done, the connection dies. LOSE_ANSWER: it is done, and the connection dies. TWICE: the network delivers it
    twice. ERROR: 500 and nothing is done. BREAK: 503 without a word, and nothing is done. ERROR_AFTER: it is done, and 500. SLOW: it is
    done, and the answer comes ``seconds`` later. REPLY: nothing is done, ``reply`` is sent.
    """

    kind: str
    path: str = ".*"
    method: str = ""
    times: int = 1
    seconds: float = 0.0
    reply: Reply | None = None

    def meets(self, asked: Asked) -> bool:
        return self.times > 0 and self.method in ("", asked.method) and re.search(f"(?:{self.path})$", asked.path) is not None


class StandIn:
    """A server, over TLS where it is given. Subclasses answer in ``reply``, one request at a time; ``log`` holds what was asked and what was
    done about it.
    """

    def __init__(self, *, tls: ssl.SSLContext | None = None) -> None:
        self.faults: list[Fault] = []
        self.log: list[tuple[Asked, Reply]] = []
        self.lock = threading.RLock()
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def _serve(self) -> None:
                parts = urlsplit(self.path)
                length = int(self.headers.get("Content-Length") or 0)
                sent = self.rfile.read(length)
                if len(sent) < length:  # whoever asked died before the end: nothing was asked
                    self.close_connection = True
                    return
                peer = self.connection.getpeercert() if isinstance(self.connection, ssl.SSLSocket) else None
                asked = Asked(
                    method=self.command,
                    path=parts.path,
                    query=parse_qsl(parts.query, keep_blank_values=True),
                    headers={name.lower(): value for name, value in self.headers.items()},
                    body=sent,
                    url=outer.url + self.path,
                    client_certificate=peer,
                )
                reply = outer._meet(asked)
                if reply is None:
                    self.close_connection = True
                    with contextlib.suppress(OSError):
                        self.connection.shutdown(socket.SHUT_RDWR)
                    return
                body = reply.body
                content = {"Content-Type": reply.content_type} if body else {}
                with contextlib.suppress(OSError):  # a client that went away
                    self.send_response(reply.status)
                    for name, value in {**content, **reply.headers}.items():
                        self.send_header(name, value)
                    self.send_header("Content-Length", str(len(body)))
                    self.end_headers()
                    self.wfile.write(body)

            do_GET = do_POST = do_PUT = do_DELETE = _serve

            def log_message(self, *_: Any) -> None:
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._server.handle_error = lambda *_: None  # a client that went away
        if tls is not None:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        self.url = f"{'http' if tls is None else 'https'}://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()

    def reply(self, asked: Asked) -> Reply:
        """What is done about a request, and answered."""
        raise NotImplementedError

    def said_to(self, method: str, ending: str) -> list[tuple[Asked, Reply]]:
        """What was said by this method on paths with this ending."""
        return [(asked, reply) for asked, reply in self.log if asked.method == method and asked.path.endswith(ending)]

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join(5)
        self._server.server_close()

    def _meet(self, asked: Asked) -> Reply | None:
        with self.lock:
            fault = next((found for found in self.faults if found.meets(asked)), None)
            if fault is not None:
                fault.times -= 1
            kind = fault.kind if fault else ""
            if kind == "LOSE_REQUEST":
                return None
            if kind == "ERROR":
                return Reply(500, {"error": {"type": "api_error", "message": "An unknown error occurred"}})
            if kind == "BREAK":
                return Reply(503)
            if kind == "REPLY":
                return fault.reply
            done = self.reply(asked)
            self.log.append((asked, done))
            if kind == "TWICE":
                self.log.append((asked, self.reply(asked)))
        if kind == "LOSE_ANSWER":
            return None
        if kind == "ERROR_AFTER":
            return Reply(500, {"error": {"type": "api_error", "message": "An unknown error occurred"}})
        if kind == "SLOW":
            time.sleep(fault.seconds)
        return done


@contextlib.contextmanager
def running(make: Callable[[], Any]) -> Iterator[Any]:
    """The stand-in, until the block ends."""
    found = make()
    try:
        yield found
    finally:
        found.close()

"""What the banks have in common: a local HTTP server, a record of what was said, and faults on demand."""

import contextlib
import http.server
import json
import socket
import ssl
import threading
import time
from dataclasses import dataclass, field
from urllib.parse import parse_qs, parse_qsl, urlsplit


@dataclass
class Asked:
    """A request. ``path`` is without its query; header names are lower case."""

    method: str
    path: str
    query: dict
    headers: dict
    body: bytes
    url: str
    client_certificate: dict | None = None

    @property
    def data(self):
        return json.loads(self.body)

    @property
    def form(self):
        return dict(parse_qsl(self.body.decode(), keep_blank_values=True))


@dataclass
class Said:
    """An answer; ``data`` becomes JSON."""

    status: int
    data: object = None
    headers: dict = field(default_factory=dict)
    content_type: str = "application/json"

    @property
    def body(self):
        return b"" if self.data is None else json.dumps(self.data).encode()


@dataclass
class Fault:
    """What goes wrong ``times`` times on paths that end with ``path``.

    LOSE_ANSWER: done, but the line breaks. LOSE_REQUEST: the line breaks before. TWICE: the network delivers it twice.
    SLOW: done after ``seconds``. BREAK: 503 instead.
    """

    kind: str
    path: str
    times: int = 1
    seconds: float = 0.0
    method: str = ""


class BankServer:
    """A bank. Subclasses answer in ``serve``; ``exchanges`` holds every request with its answer."""

    def __init__(self, tls: ssl.SSLContext | None = None):
        self.exchanges: list[tuple[Asked, Said]] = []
        self.faults: list[Fault] = []
        self._lock = threading.RLock()
        bank = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def _handle(self):
                bank._handle(self)

            do_GET = do_POST = do_DELETE = _handle

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, request, client_address):
                pass

        self._server = Server(("127.0.0.1", 0), Handler)
        scheme = "http"
        if tls is not None:
            scheme = "https"
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        self.origin = f"{scheme}://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def close(self):
        self._server.shutdown()
        self._server.server_close()

    def serve(self, asked: Asked) -> Said:
        raise NotImplementedError

    def said_to(self, method, ending):
        """All exchanges of a method on paths with this ending."""
        return [(asked, said) for asked, said in self.exchanges if asked.method == method and asked.path.endswith(ending)]

    def _fault(self, asked):
        for fault in self.faults:
            if asked.path.endswith(fault.path) and fault.times > 0 and fault.method in ("", asked.method):
                fault.times -= 1
                return fault
        return None

    def _handle(self, handler):
        parts = urlsplit(handler.path)
        body = handler.rfile.read(int(handler.headers.get("Content-Length") or 0))
        connection = handler.connection
        asked = Asked(
            method=handler.command,
            path=parts.path,
            query={name: values[-1] for name, values in parse_qs(parts.query, keep_blank_values=True).items()},
            headers={name.lower(): value for name, value in handler.headers.items()},
            body=body,
            url=self.origin + handler.path,
            client_certificate=connection.getpeercert() if isinstance(connection, ssl.SSLSocket) else None,
        )
        with self._lock:
            fault = self._fault(asked)
            kind = fault.kind if fault else ""
            if kind == "LOSE_REQUEST":
                return self._drop(handler)
            if kind == "BREAK":
                said = Said(503)
            else:
                said = self.serve(asked)
                self.exchanges.append((asked, said))
                if kind == "TWICE":
                    again = self.serve(asked)
                    self.exchanges.append((asked, again))
        if kind == "LOSE_ANSWER":
            return self._drop(handler)
        if kind == "SLOW":
            time.sleep(fault.seconds)
        with contextlib.suppress(OSError):
            handler.send_response(said.status)
            for name, value in said.headers.items():
                handler.send_header(name, value)
            if said.body:
                handler.send_header("Content-Type", said.content_type)
            handler.send_header("Content-Length", str(len(said.body)))
            handler.end_headers()
            handler.wfile.write(said.body)
        return None

    @staticmethod
    def _drop(handler):
        handler.close_connection = True
        with contextlib.suppress(OSError):
            handler.connection.shutdown(socket.SHUT_RDWR)
            handler.connection.close()

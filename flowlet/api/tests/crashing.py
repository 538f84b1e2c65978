"""A real server of the small API that dies (SIGKILL) at a named moment of its first POST: ``python -m flowlet.api.tests.crashing MOMENT``.

Moments: ``before-record`` (effect made, nothing recorded), ``before-commit`` (effect and record written, not committed), ``before-answer``
(committed, nothing sent), ``never``. It prints its port and serves until killed.
"""

import os
import signal
import sys
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server


def die(*_: Any, **__: Any) -> None:
    """As if the power were cut for this process."""
    os.kill(os.getpid(), signal.SIGKILL)


def main(moment: str) -> None:
    """Serve."""
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "flowlet.settings")
    django.setup()
    from django.conf import settings
    from django.core.wsgi import get_wsgi_application

    from flowlet.api import authentication, idempotency
    from flowlet.api.tests import pots

    settings.ROOT_URLCONF = "flowlet.api.tests.pots"
    authentication.set_key_lookup(pots.lookup)
    application = get_wsgi_application()
    store = idempotency._store

    def store_and_die(**record: Any) -> None:
        store(**record)
        die()

    if moment == "before-record":
        idempotency._store = die
    elif moment == "before-commit":
        idempotency._store = store_and_die

    def served(environ: dict[str, Any], start_response: Any) -> Any:
        answer = application(environ, start_response)
        if moment == "before-answer":
            die()
        return answer

    class Quiet(WSGIRequestHandler):
        def log_message(self, *_: Any) -> None:
            """Nothing."""

    server = make_server("127.0.0.1", 0, served, handler_class=Quiet)
    print(server.server_port, flush=True)  # noqa: T201
    server.serve_forever()


if __name__ == "__main__":
    main(sys.argv[1])

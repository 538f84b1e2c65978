"""The database: one server, two roles.

``DATABASE_URL`` is the application's role, which owns nothing. ``DATABASE_OWNER_URL`` is the schema's owner, used when
``FLOWLET_DATABASE_ROLE=owner`` (manage.py sets it for ``migrate``) and never by the running application.
"""

from typing import Any

import environ
from django.core.exceptions import ImproperlyConfigured

from flowlet.settings import environment as env


def database() -> dict[str, Any]:
    """The settings of the default connection for the role asked for."""
    role = env.text("FLOWLET_DATABASE_ROLE", "app")
    if role not in {"app", "owner"}:
        raise ImproperlyConfigured(f"FLOWLET_DATABASE_ROLE={role!r}: use app or owner.")
    name = "DATABASE_URL" if role == "app" else "DATABASE_OWNER_URL"
    config = environ.Env.db_url_config(env.text(name))
    if not str(config["ENGINE"]).endswith("postgresql"):
        raise ImproperlyConfigured(f"{name} must name a PostgreSQL database: row locks and triggers are needed.")
    options = config.setdefault("OPTIONS", {})
    timeout = env.number("FLOWLET_STATEMENT_TIMEOUT_MS", 30_000) if role == "app" else 0
    # An idle transaction holds the commit horizon of the whole server back: roll-ups, seals and the events feed would wait for it.
    idle = env.number("FLOWLET_IDLE_TRANSACTION_TIMEOUT_MS", 60_000) if role == "app" else 0
    options["options"] = (
        f"-c statement_timeout={timeout} -c lock_timeout={min(timeout, 10_000)} -c idle_in_transaction_session_timeout={idle}"
    )
    config["CONN_MAX_AGE"] = env.number("FLOWLET_CONN_MAX_AGE", 60)
    config["CONN_HEALTH_CHECKS"] = True
    return config

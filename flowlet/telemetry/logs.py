"""How log lines look: one JSON object each, for our own loggers and everybody else's alike.

``flowlet.settings.logs`` names ``json_formatter`` and ``plain_formatter``; they run as the handlers' formatters, so a line of Django
or Celery passes the same redaction as ours.
"""

from typing import Any

import orjson
import structlog

from flowlet.telemetry import redaction

# Applied to lines of structlog and of the standard library alike, before rendering.
_SHARED: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
]


def configure_structlog() -> None:
    """Let structlog's loggers end in the standard library's handlers."""
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *_SHARED,
            structlog.processors.StackInfoRenderer(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )


def json_formatter() -> structlog.stdlib.ProcessorFormatter:
    """One JSON object a line, with ``event``, ``level``, ``logger``, ``at`` and the context."""
    return _formatter(structlog.processors.JSONRenderer(serializer=_dumps))


def plain_formatter() -> structlog.stdlib.ProcessorFormatter:
    """Readable lines for a terminal."""
    return _formatter(
        structlog.dev.ConsoleRenderer(colors=False, pad_event_to=0, exception_formatter=structlog.dev.plain_traceback)
    )


def _formatter(renderer: Any) -> structlog.stdlib.ProcessorFormatter:
    configure_structlog()
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[*_SHARED, _django_extras, structlog.stdlib.ExtraAdder(allow=("status_code", "task", "task_id"))],
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            redaction.processor,
            renderer,
        ],
    )


def _django_extras(_: Any, __: str, event: Any) -> Any:
    """Django puts whole requests into its records; the path is enough."""
    request = getattr(event.get("_record"), "request", None)
    if hasattr(request, "path"):
        event["path"] = request.path
    return event


def _dumps(value: Any, **_: Any) -> str:
    return orjson.dumps(value, default=str, option=orjson.OPT_NON_STR_KEYS).decode()

"""Structured logs: one line an event, with the correlation id, to standard error."""

import logging
import sys
from typing import Any, Literal, TextIO

import structlog
from structlog.typing import EventDict, WrappedLogger

from gymhopper.chassis.correlation import correlation_id


def _correlated(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    del logger, method
    event.setdefault("correlation_id", correlation_id())
    return event


def configure_logging(
    *, style: Literal["console", "json"], level: str, stream: TextIO | None = None
) -> None:
    """Send every log record of the process, ours and libraries', through one format to `stream`,
    or to standard error."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        _correlated,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    # Tracebacks without local variables: those hold personal data and secrets, and to print an
    # aggregate is to load it again.
    last: list[Any] = (
        [
            structlog.processors.ExceptionRenderer(
                structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
            ),
            structlog.processors.JSONRenderer(),
        ]
        if style == "json"
        else [
            structlog.dev.ConsoleRenderer(
                colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
            )
        ]
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    # Requests are logged by our own middleware; these would only repeat them.
    for noisy in ("uvicorn.access", "httpx", "httpcore", "alembic", "procrastinate", "stripe"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


def get_logger(name: str) -> structlog.stdlib.BoundLogger:
    """A logger; its calls take an event name and key-value pairs, never personal data."""
    logger: structlog.stdlib.BoundLogger = structlog.get_logger(name)
    return logger

"""Log lines as logfmt or JSON: what happened, and what is known of it by key, without credentials."""

import json
import logging
import sys
import traceback
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Literal, TypeAlias

import structlog
from structlog.stdlib import BoundLogger, ProcessorFormatter
from structlog.typing import EventDict, WrappedLogger

from exporter.masking import masked

Format = Literal["logfmt", "json"]

Logger: TypeAlias = BoundLogger

_NAMES = {"warning": "warn", "critical": "error"}
_FIRST = ("vendor", "account", "stream")
"""Of whom a line is; the other keys follow in the order in which they are given."""

structlog.configure(
    processors=[
        structlog.stdlib.filter_by_level,
        structlog.contextvars.merge_contextvars,
        structlog.processors.format_exc_info,
        ProcessorFormatter.wrap_for_formatter,
    ],
    logger_factory=structlog.stdlib.LoggerFactory(),
    wrapper_class=BoundLogger,
    cache_logger_on_first_use=True,
)


def logger(module: str) -> Logger:
    """The logger of a module, by its `__name__`."""
    found: Logger = structlog.stdlib.get_logger(module)
    return found


def moment(seconds: float) -> str:
    """A time as RFC 3339 writes it, in UTC."""
    return _rfc3339(seconds, "seconds")


def broke(logger: Logger, doing: str, error: Exception) -> None:
    """Log a bug without its message, which may quote what a vendor sent, and that may be a person."""
    trace = "".join(traceback.format_tb(error.__traceback__))
    logger.error(
        "this is a bug: please report it", doing=doing, error=type(error).__name__, exception=trace
    )


def formatter(form: Format, hide: Callable[[str], str] = masked) -> logging.Formatter:
    """What makes lines of this form; `hide` takes credentials out of each text."""

    def hidden(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
        return {key: hide(each) if isinstance(each, str) else each for key, each in event.items()}

    return ProcessorFormatter(
        processors=[_described, hidden, _as_json if form == "json" else _as_logfmt],
        foreign_pre_chain=[structlog.processors.format_exc_info],
    )


def configure(level: str, form: Format) -> None:
    """Log to standard error from `level` on."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter(form))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel("WARNING" if level == "warn" else level.upper())
    # These tell of every request and every job run; the HTTP ones name whole URLs.
    for name in ("apscheduler", "httpx", "httpcore", "uvicorn"):
        logging.getLogger(name).setLevel(logging.WARNING)


def _described(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """When, how urgent, from where and what, before the keys of the event; those that are None go."""
    record: logging.LogRecord = event.pop("_record")
    del event["_from_structlog"]
    level = record.levelname.lower()
    ordered = {key: event[key] for key in _FIRST if key in event} | dict(event)
    return {
        "time": _rfc3339(record.created, "milliseconds"),
        "level": _NAMES.get(level, level),
        "logger": record.name,
        "msg": ordered.pop("event"),
        **{key: value for key, value in ordered.items() if value is not None},
    }


def _as_json(_: WrappedLogger, __: str, event: EventDict) -> str:
    return json.dumps(event, default=str)


def _as_logfmt(_: WrappedLogger, __: str, event: EventDict) -> str:
    return " ".join(f"{key}={_quoted(str(value))}" for key, value in event.items())


def _quoted(text: str) -> str:
    """As a JSON string where it has to be; structlog's own would let control characters through."""
    printable = text.isprintable()
    if text and printable and not set(text) & set(' "=\\'):
        return text
    return json.dumps(text, ensure_ascii=not printable)


def _rfc3339(seconds: float, precision: str) -> str:
    time = datetime.fromtimestamp(seconds, UTC).replace(tzinfo=None)
    return f"{time.isoformat(timespec=precision)}Z"

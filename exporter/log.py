"""Log lines as logfmt or JSON, without credentials."""

import json
import logging
import sys
import traceback
from datetime import UTC, datetime
from typing import Literal

from exporter.masking import masked

Format = Literal["logfmt", "json"]
LEVELS = ("debug", "info", "warn", "error")


class _Formatter(logging.Formatter):
    def __init__(self, form: Format) -> None:
        super().__init__()
        self._form = form

    def format(self, record: logging.LogRecord) -> str:
        fields = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": {"warning": "warn", "critical": "error"}.get(
                record.levelname.lower(), record.levelname.lower()
            ),
            "logger": record.name,
            "msg": masked(record.getMessage()),
        }
        if record.exc_info:
            fields["exception"] = masked(self.formatException(record.exc_info))
        if self._form == "json":
            return json.dumps(fields)
        return " ".join(f"{name}={_quoted(value)}" for name, value in fields.items())


def _quoted(value: str) -> str:
    if value and value.isprintable() and not set(value) & set(' "='):
        return value
    return json.dumps(value)


def broke(logger: logging.Logger, what: object, error: Exception) -> None:
    """Log a bug without its message, which may quote what a vendor sent, and that may be a person."""
    trace = "".join(traceback.format_tb(error.__traceback__))
    logger.error("%s broke: %s\n%s", what, type(error).__name__, trace)


def formatter(form: Format) -> logging.Formatter:
    """What makes lines of this form."""
    return _Formatter(form)


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

"""Lines of the log: one form of quoting, keys in order, nothing of a credential."""

import json
import logging
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.contextvars import bound_contextvars

from exporter import log
from exporter.log import Format
from exporter.model import StreamKey

TOKEN = "ghp_" + "a1" * 18
PAIR = re.compile(r'(\w+)=("(?:[^"\\]|\\.)*"|[^\s"=]*)(?: |$)')
ABOUT = StreamKey("github", "acme", "usage")._asdict()


class Lines(logging.Handler):
    """Keeps lines as they are written in one form."""

    def __init__(self, form: Format) -> None:
        super().__init__()
        self.setFormatter(log.formatter(form))
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))


@pytest.fixture
def written() -> Any:
    """A logger, and the lines that it writes in both forms."""
    plain = logging.getLogger("exporter.test_log")
    plain.setLevel(logging.DEBUG)
    handlers = {form: Lines(form) for form in ("logfmt", "json")}
    for handler in handlers.values():
        plain.addHandler(handler)
    yield log.logger("exporter.test_log"), handlers
    for handler in handlers.values():
        plain.removeHandler(handler)


def read(line: str) -> dict[str, str]:
    """A line of logfmt as anybody would read it."""
    assert "".join(found[0] for found in PAIR.finditer(line)) == line, line
    return {
        key: json.loads(value) if value.startswith('"') else value
        for key, value in PAIR.findall(line)
    }


@given(value=st.text(st.characters(exclude_categories=["Cs"])))
def test_every_text_is_read_as_it_was_written(value: str) -> None:
    """On one line, and without a character that a terminal would obey."""
    record = logging.LogRecord("a", logging.INFO, "", 0, value, (), None)
    line = log.formatter("logfmt", hide=str).format(record)
    assert line.isprintable()
    assert read(line)["msg"] == value
    assert json.loads(log.formatter("json", hide=str).format(record))["msg"] == value


def test_both_forms_have_the_same_keys_in_the_same_order(written: Any) -> None:
    """When, how urgent, where, what; then of whom, whatever was given first."""
    logger, handlers = written
    with bound_contextvars(**dict(reversed(ABOUT.items()))):
        logger.warning("poll failed", state="error", failures=2, was=None, reason='a "b" = c')
    [line], [document] = handlers["logfmt"].lines, handlers["json"].lines
    assert re.fullmatch(
        r"time=\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z level=warn logger=exporter\.test_log "
        r'msg="poll failed" vendor=github account=acme stream=usage state=error failures=2 '
        r'reason="a \\"b\\" = c"',
        line,
    )
    told = json.loads(document)
    assert list(told) == list(read(line))
    assert {key: str(value) for key, value in told.items()} == read(line)
    assert told["failures"] == 2


def test_credentials_are_taken_out_of_every_value(written: Any) -> None:
    """Out of the message, a key and an exception; also where another library logs."""
    logger, handlers = written
    try:
        raise ValueError(TOKEN)
    except ValueError:
        logger.exception("broke", reason=f"not {TOKEN}")
        logging.getLogger("exporter.test_log").exception("token %s", TOKEN)
    for handler in handlers.values():
        assert len(handler.lines) == 2
        for line in handler.lines:
            assert TOKEN not in line
            assert line.count("ghp_****") >= 2
            assert "ValueError" in line


def test_a_time_is_written_in_one_form() -> None:
    assert log.moment(1_784_000_000.7) == "2026-07-14T03:33:20Z"

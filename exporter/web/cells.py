"""The cells of a stream's row: what is known of it in words, and why where nothing is."""

from dataclasses import dataclass

from exporter.config.durations import format_duration
from exporter.telemetry.status import StreamStatus
from exporter.web import chart
from exporter.web.chart import Chart
from exporter.web.humanize import ago, ahead, moment, spoken

COLUMNS = (
    "State",
    "Last success",
    "Data until",
    "Next poll",
    "Interval",
    "Records of the last poll",
    "Records per poll",
    "Series",
)
"""The headings, after the name of the stream."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A text with the exact UTC time that it stands for; `absent` says why there is no text."""

    words: str = ""
    moment: str = ""
    absent: str = ""
    chart: Chart | None = None


def cells(stream: StreamStatus, now: float) -> tuple[Cell, ...]:
    """Everything but the state, in the order of the columns."""
    return (
        _last_success(stream, now),
        _data_until(stream, now),
        _next_poll(stream, now),
        Cell(format_duration(stream.interval)),
        _records(stream),
        _chart(stream),
        _series(stream),
    )


def _last_success(stream: StreamStatus, now: float) -> Cell:
    if stream.last_success is None:
        return Cell(absent="no poll has succeeded yet")
    return Cell(ago(now - stream.last_success), moment(stream.last_success))


def _data_until(stream: StreamStatus, now: float) -> Cell:
    """The end of the newest whole bucket with data; a stream that reads the present has none."""
    if not stream.dated:
        return Cell()
    if stream.data_until is None:
        return Cell(absent="no whole day with data has been read yet")
    return Cell(ago(now - stream.data_until), moment(stream.data_until))


def _next_poll(stream: StreamStatus, now: float) -> Cell:
    if stream.polling_since is not None:
        running = now - stream.polling_since
        words = f"polling for {spoken(running)}" if running >= 1 else "polling"
        return Cell(words, moment(stream.polling_since))
    if stream.next_poll is None:
        return Cell(absent="no poll is planned")
    return Cell(ahead(stream.next_poll - now), moment(stream.next_poll))


def _records(stream: StreamStatus) -> Cell:
    """Records are known for polls of this process only; failed polls leave the last good number."""
    running = stream.polling_since is not None
    if stream.polls - stream.failures.total() - running <= 0:
        return Cell(absent="no poll has succeeded since the start")
    rejected = stream.last_rejected
    fields = f", {rejected.total():,} left out: {', '.join(sorted(rejected))}" if rejected else ""
    if stream.uncounted:
        fields += f"; not counted: {', '.join(sorted(stream.uncounted))}"
    return Cell(f"{stream.last_records:,}{fields}")


def _chart(stream: StreamStatus) -> Cell:
    polls = stream.history.polls()
    if not polls:
        return Cell(absent="no poll has ended since the start")
    return Cell(chart=chart.draw(polls))


def _series(stream: StreamStatus) -> Cell:
    if stream.last_success is None:
        return Cell(absent="nothing has been counted yet")
    folded = f", {stream.last_folded:,} more in other" if stream.last_folded else ""
    return Cell(f"{stream.series:,}{folded}")

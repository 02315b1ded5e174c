"""What is to be said of a stream that counts all but some of its time."""

from collections.abc import Iterable

from exporter import log
from exporter.model import DAY, Window
from exporter.poll.reading import Reading
from exporter.store.store import OddAnswers
from exporter.streams.dates import iso, iso_day
from exporter.telemetry.status import StreamStatus

_log = log.logger(__name__)


def remark(reading: Reading, now: float) -> str:
    """Tell what a poll that has read its window left out or lost.

    Returns why not all is counted, after what the stream itself has to say.
    """
    job, pieces, odd = reading.job, reading.pieces, reading.state.odd
    lost = [each.window for each in pieces.given_up]
    if reading.cut is not None:
        lost.append(reading.cut)
    if pieces.found:
        told = {"time": spans(e.window for e in pieces.found), "reason": pieces.found[-1].reason}
        _log.warning("what cannot be read is left out", **told)
    if pieces.mended:
        mended = spans(each.window for each in pieces.mended)
        _log.info("what was left out is counted", time=mended)
    if lost:
        _log.warning("what is out of reach cannot be counted", time=spans(lost))
    job.status.lose(lost, now)
    said = [*map(str, reading.source.remarks), remarks(job.status, odd)]
    return "; ".join(filter(None, said))


def remarks(status: StreamStatus, odd: OddAnswers) -> str:
    """What is left out and why, and what was lost lately; empty where all is counted."""
    status.left_out = sum(each.end - each.start for each in odd.left_out)
    said = []
    if odd.left_out:
        said.append(
            f"{spans(odd.windows)} is left out and asked for again every day, all else is counted: "
            f"{odd.left_out[-1].reason}"
        )
    if status.lost_lately:
        said.append(
            f"{spans(status.lost_lately)} was not told in time and is out of reach: it is not counted"
        )
    return "; ".join(said)


def spans(windows: Iterable[Window]) -> str:
    """Ranges of time in words, those that touch as one."""
    joined: list[Window] = []
    for window in sorted(windows):
        if joined and joined[-1].end >= window.start:
            joined[-1] = Window(joined[-1].start, max(joined[-1].end, window.end))
        else:
            joined.append(window)
    return ", ".join(map(_span, joined))


def _span(window: Window) -> str:
    if window.start % DAY or window.end % DAY:
        return f"{iso(window.start)} to {iso(window.end)}"
    first, last = iso_day(window.start), iso_day(window.end - DAY)
    return first if first == last else f"{first} to {last}"

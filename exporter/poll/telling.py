"""What the log says of polls: a change as information or as a warning, all else where it is debugged."""

from exporter import log
from exporter.client.errors import State
from exporter.poll.job import Job
from exporter.telemetry.status import PollOutcome, StreamStatus, TargetStatus

_log = log.logger(__name__)


def tell(job: Job, outcome: PollOutcome, began: float, now: float) -> None:
    """Tell of a poll that has ended, before its status takes the outcome."""
    _tell_way(job.target_status, now)
    _tell_rejected(job.status, whole=outcome.state.answered)
    _tell_outcome(job, outcome, now - began)


def _tell_way(target: TargetStatus, now: float) -> None:
    """A vendor that is not reached is told once, not for each stream and each try."""
    problem, since = target.unreached, target.told_unreached_at
    if problem is not None and since is None:
        target.told_unreached_at = now
        _log.warning("the vendor is not reached", stream=None, **problem._asdict())
    elif problem is None and since is not None:
        target.told_unreached_at = None
        _log.info("the vendor is reached again", stream=None, duration=round(now - since, 3))


def _tell_outcome(job: Job, outcome: PollOutcome, seconds: float) -> None:
    status, state = job.status, outcome.state
    # Of a vendor that is not reached one line is enough, and one when it is reached again.
    quiet = state is State.UNAVAILABLE and job.target_status.told_unreached_at is not None
    changed = not quiet and state is not status.told
    facts = {
        "state": state.value,
        "was": status.told.value if changed and status.told else None,
        "failures": status.failures_in_row or None,
        "records": status.committed_records,
        **_span(status),
        "duration": round(seconds, 3),
    }
    if changed:
        status.told = state
    if state.answered:
        (_log.info if changed else _log.debug)("polled", **facts)
    else:
        facts |= {"reason": outcome.reason, "reads": job.target.place}
        (_log.warning if changed else _log.debug)("poll failed", **facts)


def _span(status: StreamStatus) -> dict[str, str]:
    window = status.window
    if window is None:
        return {}
    return {"from": log.moment(window.start), "to": log.moment(window.end)}


def _tell_rejected(status: StreamStatus, *, whole: bool) -> None:
    """Rows that are left out are told where others are odd than before.

    Only a poll that saw the `whole` of the answers can tell that a field is odd in none.
    """
    rejected = status.last_rejected
    fields = frozenset(rejected)
    if fields:
        told = _log.warning if fields - status.told_rejected else _log.debug
        rows = ", ".join(f"{name} ({rows})" for name, rows in sorted(rejected.items()))
        told("odd records are left out", fields=rows)
    status.told_rejected = fields if whole else fields | status.told_rejected

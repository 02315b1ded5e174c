"""The problems of a target in words, with what to do about each."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from exporter.client.errors import State
from exporter.telemetry.status import StreamStatus
from exporter.web.severity import Badge, badge, severity

DOCUMENTS = "https://github.com/usage-exporter/usage-exporter/blob/main/docs"


class Remedy(NamedTuple):
    """What to do, and the runbook of the alert that tells of the state."""

    words: str
    runbook: str

    @property
    def address(self) -> str:
        return f"{DOCUMENTS}/runbooks/{self.runbook}.md"


_LEFT_OUT = Remedy(
    "Report days that cannot be read to the vendor. All else is counted.",
    "usageexportertimenotcounted",
)
REMEDIES = {
    State.OK: _LEFT_OUT,
    State.EMPTY: _LEFT_OUT,
    State.UNAUTHORIZED: Remedy(
        "Replace the credential: its file is read again without a restart.",
        "usageexportercredentialrefused",
    ),
    State.FORBIDDEN: Remedy(
        "Grant the permission that the reason names; check role and plan.",
        "usageexporterpermissionmissing",
    ),
    State.NOT_FOUND: Remedy(
        "Check the account's name, base_url, the plan, and that the credential sees the account.",
        "usageexporterstreamfailing",
    ),
    State.RATE_LIMITED: Remedy(
        "It goes on by itself. Where it lasts, see who else uses the quota, or lengthen interval.",
        "usageexporterthrottled",
    ),
    State.UNAVAILABLE: Remedy(
        "It is tried again by itself. Where it lasts, check network, proxy and ca_file.",
        "usageexporterstreamfailing",
    ),
    State.SCHEMA_ERROR: Remedy(
        "Check base_url and proxies; else report it with the reason.", "usageexporterschemaerror"
    ),
    State.ERROR: Remedy(
        "Read the reason; of a bug the log has the place in the code.", "usageexporterstreamfailing"
    ),
}


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with some streams of a target, for one reason, and what to do about it."""

    names: str
    badge: Badge
    failures: str
    reason: str
    remedy: Remedy


def problems(streams: Sequence[StreamStatus]) -> tuple[Problem, ...]:
    """The problems of a target; streams that fail for the same reason are one.

    One that is well has a reason where it does not count some time.
    """
    alike: dict[tuple[State, str], list[StreamStatus]] = {}
    for stream in streams:
        if stream.state is not None and (severity(stream.state).problem or stream.reason):
            alike.setdefault((stream.state, stream.reason), []).append(stream)
    return tuple(
        Problem(
            names=", ".join(stream.key.stream for stream in failing),
            badge=badge(failing[0]),
            failures=_in_a_row(max(stream.failures_in_row for stream in failing)),
            reason=reason or "No reason is known; the log may say more.",
            remedy=REMEDIES[state],
        )
        for (state, reason), failing in alike.items()
    )


def _in_a_row(failures: int) -> str:
    return f"{failures:,} failed polls in a row" if failures > 1 else ""

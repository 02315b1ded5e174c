"""Targets in every state, as they would look after some hours, for the status page."""

from random import Random

from exporter.client.errors import State
from exporter.client.pace import Limit
from exporter.client.request import Endpoint
from exporter.model import DAY, HOUR, StreamKey
from exporter.telemetry.request_budget import RequestBudget
from exporter.telemetry.status import PollOutcome, StreamStatus, TargetStatus

NOW = 1_784_000_000.0
STREAMS = {
    "github": ("api_insights", "copilot_reports", "audit_log"),
    "tabnine": ("team_usage", "organization"),
    "cursor": ("ai_code_commits", "ai_code_changes", "daily_usage"),
}
ENDPOINTS = {
    "github": [Endpoint("/orgs/{org}/insights/api", "core")],
    "tabnine": [Endpoint("/api/v1/organization", "api")],
    "cursor": [
        Endpoint("/analytics/ai-code/commits", "ai-code/commits"),
        Endpoint("/analytics/ai-code/changes", "ai-code/changes"),
        Endpoint("/teams/members", "members"),
    ],
}
LIMITS: dict[str, dict[str, tuple[Limit, ...]]] = {
    "github": {"core": (Limit(60, 60), Limit(5_000, HOUR))},
    "tabnine": {"api": (Limit(1, 1.0),)},
    "cursor": dict.fromkeys((each.group for each in ENDPOINTS["cursor"]), (Limit(5, 60),)),
}
REASONS = {
    State.FORBIDDEN: "GET /orgs/{org}/copilot/metrics/reports/users-1-day answered 403: Resource not "
    "accessible by personal access token; grant the organization permission “Copilot metrics: read”",
    State.RATE_LIMITED: "the limit of api allows the next request in 412 s, longer than a poll "
    "waits; it is tried again then",
    State.SCHEMA_ERROR: "GET /analytics/ai-code/commits: items[3].commitSource is a number",
}


def target(vendor: str, account: str, *states: State | None, seed: int = 1) -> TargetStatus:
    """A target with a stream for each state, and requests of the last hour."""
    random = Random(f"{seed}{vendor}{account}")
    watched = TargetStatus(vendor, account, budget=RequestBudget(LIMITS[vendor], lambda: NOW))
    endpoints = ENDPOINTS[vendor]
    for each, times in zip(endpoints, (285, 60, 4), strict=False):
        for _ in range(412 if vendor == "github" else times):
            watched.requested(each, "200")
    watched.requested(endpoints[0], "429")
    watched.waited(random.randrange(400))
    for index, state in enumerate(states):
        name = STREAMS[vendor][index]
        watched.streams[name] = _stream(StreamKey(vendor, account, name), state, random)
    return watched


def _stream(key: StreamKey, state: State | None, random: Random) -> StreamStatus:
    dated = key.stream != "organization"
    status = StreamStatus(key, random.choice((300, 3_600, 900)), dated=dated)
    status.next_poll = NOW + random.randrange(20, 900)
    if state is None:
        return status
    usual = random.choice((40, 900, 44_000))
    for poll in range(random.choice((12, 48, 60))):
        if state is State.EMPTY:
            _succeed(status, 0)
        elif poll % 17 == 5:
            _fail(status, State.UNAVAILABLE, usual // 3 if key.vendor == "tabnine" else 0)
        else:
            _succeed(status, int(usual * random.uniform(0.2, 1.0)))
    if key.vendor == "tabnine":
        status.walked(120 if state is State.RATE_LIMITED else 300, 300)
    if not state.answered:
        _fail(status, state, 0)
        _fail(status, state, 0)
    return status


def _succeed(status: StreamStatus, records: int) -> None:
    status.begin(NOW - 200)
    status.committed(records)
    state = State.OK if records else State.EMPTY
    status.end(PollOutcome(state, succeeded_at=NOW - 190), NOW - 200, NOW - 190)
    status.series = 1_234
    if status.dated:
        status.data_until = NOW - NOW % DAY


def _fail(status: StreamStatus, state: State, committed: int) -> None:
    status.begin(NOW - 100)
    if committed:
        status.committed(committed)
    reason = REASONS.get(state, f"GET / answered {state}")
    failures = status.failures_in_row + 1
    status.end(PollOutcome(state, reason, failures_in_row=failures), NOW - 100, NOW - 90)


def example() -> list[TargetStatus]:
    """A handful of targets, one of them with a long name."""
    return [
        target("github", "acme", State.OK, State.OK, State.EMPTY),
        target("github", "umbrella-research-and-development", State.OK, State.FORBIDDEN, None),
        target("tabnine", "acme", State.OK, State.RATE_LIMITED),
        target("cursor", "platform", State.OK, State.SCHEMA_ERROR, State.UNAVAILABLE),
    ]


def many(number: int) -> list[TargetStatus]:
    """So many targets of three streams; each hundredth has a problem."""
    return [
        target(
            "github",
            f"org{index:04}",
            State.FORBIDDEN if index % 100 == 99 else State.OK,
            State.OK,
            State.OK,
        )
        for index in range(number)
    ]

"""What the exporter remembers of its polls and requests is bounded, and never overstated."""

from collections import deque

from hypothesis import given
from hypothesis import strategies as st

from exporter.client.errors import State
from exporter.client.pace import Limit
from exporter.model import HOUR, MINUTE, StreamKey
from exporter.telemetry.request_budget import RequestBudget, Used
from exporter.telemetry.status import POLLS_KEPT, Polled, PollOutcome, StreamStatus, TargetStatus

NOW = 1_784_000_000.0
CORE = {"core": [Limit(60, 60), Limit(5_000, HOUR)]}


class Ticking:
    """A clock that the test sets."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> float:
        return self.now


@given(st.lists(st.floats(min_value=0, max_value=20 * MINUTE), max_size=60))
def test_requests_of_the_last_hour_are_counted_but_for_those_of_a_minute(
    gaps: list[float],
) -> None:
    """Never more than were sent in the hour, and all that were sent in 59 minutes."""
    clock = Ticking()
    budget = RequestBudget(CORE, clock)
    times = []
    for gap in gaps:
        clock.now += gap
        times.append(clock.now)
        budget.spend("core")
        [used] = budget.used()
        within = [clock.now - HOUR < time for time in times]
        surely = [clock.now - HOUR + MINUTE <= time for time in times]
        assert sum(surely) <= used.requests <= sum(within)


def test_what_was_used_is_forgotten_without_further_requests() -> None:
    clock = Ticking()
    budget = RequestBudget(CORE, clock)
    budget.spend("core")
    clock.now += HOUR
    assert budget.used() == [Used("core", 0, 3_600)]


def test_a_clock_that_is_set_back_loses_no_request_and_keeps_none_for_ever() -> None:
    clock = Ticking()
    budget = RequestBudget(CORE, clock)
    budget.spend("core")
    clock.now -= 50 * HOUR
    budget.spend("core")
    assert budget.used() == [Used("core", 2, 3_600)]
    clock.now += HOUR
    assert budget.used() == [Used("core", 0, 3_600)]


def test_each_group_has_the_tightest_of_its_own_limits_the_busiest_group_first() -> None:
    budget = RequestBudget({"a": [Limit(5, 60), Limit(200, HOUR)], "b": [], **CORE}, Ticking())
    for group in ("b", "core", "core"):
        budget.spend(group)
    assert budget.used() == [Used("core", 2, 3_600), Used("b", 1, None), Used("a", 0, 200)]


def test_a_stream_that_answers_for_any_account_does_not_make_a_target_up() -> None:
    """GitHub tells the rate limit whatever the organization is called."""
    limit, seats = (
        StreamStatus(StreamKey("github", "acme", name), 300, of_account=name != "rate_limit")
        for name in ("rate_limit", "copilot_seats")
    )
    limit.state, seats.state = State.OK, State.NOT_FOUND
    target = TargetStatus("github", "acme", streams={"rate_limit": limit, "copilot_seats": seats})
    assert target.up is False
    seats.state = None
    assert target.up is None, "nobody knows before the first poll has ended"
    seats.state = State.EMPTY
    assert target.up
    del target.streams["copilot_seats"]
    assert target.up, "where nothing else is asked for, the vendor's answer is all there is"


@given(st.lists(st.builds(Polled, st.integers(0, 2**40), st.booleans())))
def test_the_history_gives_back_the_last_polls_in_their_order(polls: list[Polled]) -> None:
    stream = StreamStatus(StreamKey("github", "acme", "usage"), 300)
    for poll in polls:
        stream.history.add(poll)
    assert stream.history.polls() == list(deque(polls, POLLS_KEPT))


def test_each_poll_that_ends_is_remembered_with_what_it_committed() -> None:
    """A failed poll may have committed a part; the next one does not inherit it."""
    stream = StreamStatus(StreamKey("github", "acme", "usage"), 300)
    for records, outcome in (
        (7, PollOutcome(State.OK, succeeded_at=NOW)),
        (0, PollOutcome(State.ERROR, "broken")),
        (5, PollOutcome(State.RATE_LIMITED, "later", NOW)),
        (0, PollOutcome(State.EMPTY, succeeded_at=NOW)),
    ):
        stream.begin(NOW)
        if records:
            stream.committed(records)
        stream.end(outcome, NOW, NOW)
    assert stream.history.polls() == [
        Polled(7, False),
        Polled(0, True),
        Polled(5, True),
        Polled(0, False),
    ]
    assert (stream.records, stream.last_records) == (12, 5)

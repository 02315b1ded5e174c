"""What of a state is shown, and when that changes."""

from exporter.model import Metric, MetricType, Point, Scope, Series, StreamKey
from exporter.poll.exposure import Exposure, scope_labels
from exporter.store.store import Gauge, StreamState

COMMITS = Metric("commits_total", MetricType.COUNTER, "Commits.", ("repository",))
SEATS = Metric("seats", MetricType.GAUGE, "Seats.")
USERS = Metric(
    "assistant_daily_active_users", MetricType.GAUGE, "Users.", scope=Scope.VENDOR_ACCOUNT
)
METRICS = {metric.name: metric for metric in (COMMITS, SEATS, USERS)}
KEY = StreamKey("cursor", "acme", "ai_code_commits")
EXPOSURE = Exposure(birth_hold=120, expire_after=3_600, started=0)


SERIES = (COMMITS.name, ("a",))


def counted(created: float) -> StreamState:
    return StreamState(ledger={SERIES: Series(created, counter=7)})


def shown(exposure: Exposure, state: StreamState, now: float) -> list[Point]:
    """What a page shows at a moment; the holds that are over end first."""
    exposure.release(state, now)
    return list(exposure.points(KEY, state, METRICS, now)[COMMITS])


def test_a_counter_is_shown_at_zero_before_its_first_value() -> None:
    """For the whole hold, so that at least one scrape sees the zero; created is there at once."""
    state = counted(created=1_000.0)
    zero, value = Point(("acme", "a"), 0, 1_000.0), Point(("acme", "a"), 7, 1_000.0)
    assert [shown(EXPOSURE, state, now) for now in (1_000, 1_119.9)] == [[zero], [zero]]
    assert EXPOSURE.release(state, 1_119.9) == set()
    assert EXPOSURE.release(state, 1_120) == {SERIES}
    assert EXPOSURE.release(state, 1_121) == set()
    assert shown(EXPOSURE, state, 1_120) == [value]


def test_without_a_hold_a_counter_is_shown_at_once() -> None:
    """`birth_hold: 0s` is allowed."""
    points = shown(Exposure(0, 3_600, 0), counted(created=1_000.0), 1_000)
    assert points == [Point(("acme", "a"), 7, 1_000.0)]


def test_a_hold_counts_only_while_the_page_is_served() -> None:
    """A daemon that stops after a birth shows the zero for a whole hold when it runs again."""
    state, restarted = counted(created=1_000.0), Exposure(120, 3_600, started=5_000.0)
    assert [point.value for point in shown(restarted, state, 5_119)] == [0]
    assert restarted.next_change(state, 5_119) == 5_120
    assert [point.value for point in shown(restarted, state, 5_120)] == [7]


def test_a_counter_that_was_shown_never_falls_back_to_zero() -> None:
    """Not with the clock set back into the hold, nor after a restart."""
    state = counted(created=1_000.0)
    shown(EXPOSURE, state, 1_120)
    assert [point.value for point in shown(EXPOSURE, state, 1_010)] == [7]
    assert [point.value for point in shown(Exposure(120, 3_600, 1_130), state, 1_131)] == [7]


def test_a_gauge_expires() -> None:
    """It is never frozen for ever, and its family is empty then, not left as it was."""
    state = StreamState(gauges={(SEATS.name, ()): {"": Gauge(5, read_at=1_000.0)}})
    assert EXPOSURE.points(KEY, state, METRICS, 4_599.9)[SEATS] == [Point(("acme",), 5)]
    assert EXPOSURE.points(KEY, state, METRICS, 4_600) == {COMMITS: [], SEATS: [], USERS: []}


def test_only_the_wanted_metrics_are_turned_into_points() -> None:
    """A metric that is no longer in the catalogue, or was not asked for, is left out."""
    state = StreamState(
        ledger={("gone_total", ("a",)): Series(0), (COMMITS.name, ("a",)): Series(0)},
        gauges={("gone", ()): {"": Gauge(1, 0)}, (SEATS.name, ()): {"": Gauge(1, 0)}},
    )
    assert EXPOSURE.points(KEY, state, {SEATS.name: SEATS}, 10) == {SEATS: [Point(("acme",), 1)]}


def test_series_come_in_the_order_of_their_labels() -> None:
    """So that a page does not change where nothing did."""
    state = StreamState(ledger={(COMMITS.name, (name,)): Series(0) for name in "cab"})
    points = EXPOSURE.points(KEY, state, METRICS, 500)[COMMITS]
    assert [point.labels[1] for point in points] == ["a", "b", "c"]


def test_the_page_changes_when_a_hold_ends_or_a_gauge_expires() -> None:
    """The nearest such moment ahead, and none when everything is settled."""
    state = StreamState(
        ledger={
            (COMMITS.name, ("a",)): Series(created=1_000.0),
            (COMMITS.name, ("b",)): Series(created=1_050.0),
        },
        gauges={(SEATS.name, ()): {"": Gauge(5, read_at=1_000.0)}},
    )
    moments, now = [], 1_000.0
    while (following := EXPOSURE.next_change(state, now)) is not None:
        moments.append(following)
        now = following
        EXPOSURE.release(state, now)
    assert moments == [1_120, 1_170, 4_600]
    assert EXPOSURE.next_change(StreamState(), 0) is None


def test_labels_of_a_scope() -> None:
    """The exporter's own labels come from the stream's key."""
    shown = {
        scope: scope_labels(Metric("x", MetricType.GAUGE, "X.", scope=scope), KEY)
        for scope in Scope
    }
    assert shown == {
        Scope.ACCOUNT: ("acme",),
        Scope.VENDOR_ACCOUNT: ("cursor", "acme"),
        Scope.STREAM: ("cursor", "acme", "ai_code_commits"),
        Scope.EXPORTER: (),
    }

"""The status page tells people what every stream does, and nothing that it does not know."""

import re
import time
from collections import Counter
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.client.errors import State
from exporter.client.pace import Limit
from exporter.client.request import Endpoint
from exporter.model import StreamKey
from exporter.telemetry.request_budget import RequestBudget
from exporter.telemetry.status import Polled, StreamStatus, TargetStatus
from exporter.web.humanize import ago, ahead
from exporter.web.listing import PAGE_SIZE, Sort, View
from exporter.web.problems import DOCUMENTS, REMEDIES
from exporter.web.status_page import render

ROOT = Path(__file__).parents[2]
NOW = 1_784_000_000.0
SECOND, MINUTE, HOUR, DAY = 1, 60, 3_600, 86_400
PROBLEMS = [state for state in State if not state.answered]


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-HOUR, "just now"),
        (0, "just now"),
        (0.9, "just now"),
        (1, "1 second ago"),
        (59.9, "59 seconds ago"),
        (MINUTE, "1 minute ago"),
        (3 * MINUTE + 59, "3 minutes ago"),
        (HOUR - 1, "59 minutes ago"),
        (HOUR, "1 hour ago"),
        (HOUR + MINUTE, "1 hour 1 minute ago"),
        (2 * HOUR - 1, "1 hour 59 minutes ago"),
        (5 * HOUR + 59 * MINUTE, "5 hours ago"),
        (DAY + 59 * MINUTE, "1 day ago"),
        (DAY + 6 * HOUR, "1 day 6 hours ago"),
        (45 * DAY, "45 days ago"),
        (1_200 * DAY, "1,200 days ago"),
    ],
)
def test_ages_read_as_people_say_them(seconds: float, words: str) -> None:
    assert ago(seconds) == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-5, "due"),
        (0, "due"),
        (0.2, "in 1 second"),
        (59.5, "in 1 minute"),
        (2 * MINUTE, "in 2 minutes"),
        (HOUR + 30 * MINUTE, "in 1 hour 30 minutes"),
        (2 * DAY, "in 2 days"),
    ],
)
def test_what_comes_reads_as_people_say_it(seconds: float, words: str) -> None:
    assert ahead(seconds) == words


@given(st.floats(min_value=1, max_value=10_000 * DAY))
def test_an_age_is_never_overstated_and_less_than_doubled_by_what_it_leaves_out(
    seconds: float,
) -> None:
    units = {"second": SECOND, "minute": MINUTE, "hour": HOUR, "day": DAY}
    parts = re.findall(r"([\d,]+) (\w+?)s?\b", ago(seconds).removesuffix(" ago"))
    said = sum(int(count.replace(",", "")) * units[unit] for count, unit in parts)
    assert said <= seconds < 2 * said


@pytest.mark.parametrize("state", State)
def test_every_state_is_a_word_in_its_row_and_in_the_summary(state: State) -> None:
    page = _page(_target("acme", _stream("usage", state)))
    word = state.value.replace("_", " ")
    assert page.rows["usage"]["State"] == word
    assert f"1 target, 1 stream 1 {word}" in page.text


def test_a_stream_that_was_never_polled_says_so_and_shows_no_zero() -> None:
    page = _page(_target("acme", StreamStatus(StreamKey("github", "acme", "usage"), 300)))
    assert page.rows["usage"] == {
        "State": "waiting for its first poll",
        "Last success": "—no poll has succeeded yet",
        "Data until": "—no whole day with data has been read yet",
        "Next poll": "—no poll is planned",
        "Interval": "5m",
        "Records of the last poll": "—no poll has succeeded since the start",
        "Records per poll": "—no poll has ended since the start",
        "Series": "—nothing has been counted yet",
    }
    assert "1 target, 1 stream 1 waiting for its first poll" in page.text
    assert "github / acme not polled yet" in page.text
    assert "Requests to the vendor none yet" in page.text


@pytest.mark.parametrize(
    ("walk", "words"),
    [
        (None, "in its first poll"),
        ((0, 101), "reading its first of 101 parts"),
        ((73, 101), "reading its first 73 of 101 parts"),
    ],
)
def test_a_first_poll_that_runs_is_not_waited_for(walk: tuple[int, int] | None, words: str) -> None:
    """It may take long where there are many teams, and it can be seen how far it is."""
    stream = _stream("usage", None, polls=1, polling_since=NOW - MINUTE, walk=walk)
    page = _page(_target("acme", stream))
    assert page.rows["usage"]["State"] == words
    assert "1 target, 1 stream 1 in its first poll" in page.text


def test_a_stream_that_works_shows_its_times_in_words_and_its_numbers() -> None:
    stream = _stream("usage", State.OK, last_records=300_000, series=1_234, interval=5_400)
    stream.data_until = NOW - 5 * HOUR
    stream.history.add(Polled(300_000, failed=False))
    page = _page(_target("acme", stream))
    assert page.rows["usage"] == {
        "State": "ok",
        "Last success": "3 minutes ago",
        "Data until": "5 hours ago",
        "Next poll": "in 2 minutes",
        "Interval": "1h30m",
        "Records of the last poll": "300,000",
        "Records per poll": "Records of the last poll, none failed"
        "From 300,000 to 300,000 records in a poll that succeeded.",
        "Series": "1,234",
    }


def test_series_in_other_are_told_beside_those_that_are_shown() -> None:
    """A budget of series that is used up must not go unseen."""
    stream = _stream("usage", State.OK, series=5_000)
    stream.last_folded = 1_200
    row = _page(_target("acme", stream)).rows["usage"]
    assert row["Series"] == "5,000, 1,200 more in other"


def test_a_zero_that_was_read_is_shown_as_zero() -> None:
    row = _page(_target("acme", _stream("usage", State.EMPTY))).rows["usage"]
    assert (row["Records of the last poll"], row["Series"]) == ("0", "0")


def test_what_was_restored_after_a_start_does_not_claim_records_of_a_poll() -> None:
    row = _page(_target("acme", _stream("usage", State.OK, polls=0, series=7))).rows["usage"]
    assert row["Records of the last poll"] == "—no poll has succeeded since the start"
    assert row["Series"] == "7"


def test_a_running_poll_is_no_success_yet() -> None:
    stream = _stream("usage", State.OK, polls=1, polling_since=NOW - 12)
    row = _page(_target("acme", stream)).rows["usage"]
    assert row["Next poll"] == "polling for 12 seconds"
    assert row["Records of the last poll"] == "—no poll has succeeded since the start"


def test_a_poll_whose_time_has_come_is_due() -> None:
    stream = _stream("usage", State.OK, next_poll=NOW - 1)
    assert _page(_target("acme", stream)).rows["usage"]["Next poll"] == "due"


def test_a_stream_that_reads_the_present_has_no_end_of_its_data() -> None:
    """Nor is anything missing: the cell is empty."""
    stream = _stream("seats", State.OK)
    stream.dated = False
    assert _page(_target("acme", stream)).rows["seats"]["Data until"] == ""


@pytest.mark.parametrize("moment", [-1e30, 1e30])
def test_a_time_out_of_any_calendar_does_not_take_the_page_down(moment: float) -> None:
    stream = _stream("usage", State.OK, data_until=moment, next_poll=moment)
    assert _page(_target("acme", stream)).rows["usage"]["State"] == "ok"


@pytest.mark.parametrize("state", PROBLEMS)
def test_what_is_wrong_stands_over_the_streams_in_words(state: State) -> None:
    """With what to do about it, and where that is written in full."""
    stream = _stream("usage", state, reason="answered 403; grant read:org", failures_in_row=3)
    page = _page(_target("acme", stream))
    word, remedy = state.value.replace("_", " "), REMEDIES[state]
    assert page.reasons == [
        f"usage: {word}, 3 failed polls in a row answered 403; grant read:org {remedy.words} Runbook"
    ]
    assert remedy.address in page.links
    assert (ROOT / "docs" / "runbooks" / f"{remedy.runbook}.md").is_file()


def test_streams_that_fail_for_one_reason_are_one_problem() -> None:
    streams = [
        _stream(name, State.UNAUTHORIZED, reason="answered 401", failures_in_row=number)
        for number, name in enumerate("abc", start=1)
    ]
    [problem] = _page(_target("acme", *streams)).reasons
    assert problem.startswith("a, b, c: unauthorized, 3 failed polls in a row answered 401 ")


def test_a_problem_without_a_reason_points_to_the_log() -> None:
    [problem] = _page(_target("acme", _stream("usage", State.ERROR))).reasons
    assert "No reason is known; the log may say more." in problem


def test_a_stream_that_answers_has_no_reason() -> None:
    streams = _stream("usage", State.OK), _stream("audit_log", State.EMPTY)
    assert _page(_target("acme", *streams)).reasons == []


def test_a_stream_that_answers_says_what_it_leaves_out() -> None:
    reason = "2026-01-10 is left out and asked for again every day, all else is counted"
    page = _page(_target("acme", _stream("usage", State.OK, reason=reason)))
    [problem] = page.reasons
    assert problem.startswith(f"usage: ok {reason} ")
    assert f"{DOCUMENTS}/runbooks/usageexportertimenotcounted.md" in page.links


def test_reasons_and_names_cannot_become_markup() -> None:
    attack = "<script>alert('x')</script><img src=x onerror=\"alert(1)\">"
    target = _target(attack, _stream("usage", State.ERROR, reason=attack))
    target.requested(Endpoint("/a", "core"), "200")
    view = View(search=attack)
    html = render([target], NOW, view, telemetry_path='/"><script>', version=attack)
    page = _Page.read(html)
    assert "<script" not in html
    assert "<img" not in html
    [problem] = page.reasons
    assert f" {attack} " in problem


def test_the_summary_counts_targets_streams_and_states_the_most_urgent_first() -> None:
    page = _page(
        _target("acme", _stream("a", State.OK), _stream("b", State.RATE_LIMITED)),
        _target("umbrella", *(_stream(name, State.OK) for name in "abc"), _stream("d", None)),
        _target("initech", _stream("a", None)),
    )
    assert "3 targets, 7 streams 1 rate limited 2 waiting for their first poll 4 ok" in page.text


def test_a_page_without_targets_says_so() -> None:
    assert "0 targets, 0 streams" in _page().text


def test_problems_come_first_the_ones_that_need_a_person_before_all() -> None:
    page = _page(
        _target("fine", _stream("a", State.OK)),
        _target("waiting", _stream("b", None)),
        _target("limited", _stream("c", State.OK), _stream("d", State.RATE_LIMITED)),
        _target("also-fine", _stream("e", State.OK)),
        _target("broken", _stream("f", State.EMPTY), _stream("g", None), _stream("h", State.ERROR)),
    )
    assert page.headings == [
        f"github / {account}" for account in ("broken", "limited", "waiting", "fine", "also-fine")
    ]
    assert list(page.rows) == ["h", "g", "f", "d", "c", "b", "a", "e"]


def test_of_targets_with_equal_problems_the_one_with_more_comes_first() -> None:
    one, two = (
        _target(f"{failing} failing", *(_stream(f"{n}", State.ERROR) for n in range(failing)))
        for failing in (1, 2)
    )
    assert _page(one, two).headings == ["github / 2 failing", "github / 1 failing"]


def test_where_a_stream_fails_the_page_says_what_is_read_and_with_what() -> None:
    place = "organization acme at https://api.github.com with the credential in /run/token"
    target = _target("acme", _stream("a", State.NOT_FOUND))
    target.place = place
    assert f"Reads {place}" in _page(target).text
    target.streams["a"].state = State.OK
    assert place not in _page(target).text


@pytest.mark.parametrize(
    ("states", "words"),
    [
        ([State.OK, State.FORBIDDEN], "1 of 2 streams fails"),
        ([State.OK, State.FORBIDDEN, State.ERROR, None], "2 of 4 streams fail"),
        ([State.OK, None], "answers"),
        ([State.EMPTY], "answers"),
        ([State.FORBIDDEN, None], "gives no valid answer"),
        ([None, None], "not polled yet"),
        ([], "no streams enabled"),
    ],
)
def test_a_target_says_whether_its_vendor_answers(states: list[State | None], words: str) -> None:
    streams = [_stream(str(index), state) for index, state in enumerate(states)]
    assert f"github / acme {words}" in _page(_target("acme", *streams)).text


def test_requests_are_shown_in_total_and_by_code_class_with_the_time_waited() -> None:
    target = _target("acme", _stream("usage", State.OK))
    target.requests = Counter(
        {("/a", "200"): 1_200, ("/b", "204"): 4, ("/a", "429"): 2, ("/a", "error"): 1}
    )
    target.waited(3 * MINUTE)
    text = _page(target).text
    assert "Requests to the vendor 1,207" in text
    assert "By code 2xx: 1,204; 4xx: 2; no answer: 1" in text
    assert "Waited for the vendor's limits 3 minutes" in text


def test_times_are_machine_readable_in_utc_and_never_raw_numbers() -> None:
    html = render(
        [_target("acme", _stream("usage", State.OK))], NOW, telemetry_path="/metrics", version="1"
    )
    assert '<time datetime="2026-07-14 03:30:10Z" title="2026-07-14 03:30:10 UTC">' in html
    assert "As of 2026-07-14 03:33:20 UTC" in _Page.read(html).text
    assert not re.search(r"\d{9,}", html)


def test_the_page_stands_alone_and_links_to_the_endpoints() -> None:
    html = render([], NOW, telemetry_path="/custom", version="1.2.3")
    page = _Page.read(html)
    documents = f"{DOCUMENTS}/operations.md"
    assert page.links == ["?sort=name", "?sort=age", "/custom", "/-/healthy", "/-/ready", documents]
    assert "usage-exporter 1.2.3" in page.text
    assert html.count("://") == 1, "a link, and nothing that a browser loads by itself"
    assert "<script" not in html


def test_the_page_says_since_when_it_runs_and_with_which_file() -> None:
    """Only what is known."""
    given = {"telemetry_path": "/metrics", "version": "1"}
    html = render([], NOW, **given, started=NOW - 3 * DAY, configuration="/etc/<x>/config.yaml")  # type: ignore[arg-type]
    assert "Up for 3 days, with /etc/<x>/config.yaml" in _Page.read(html).text
    assert "Up for" not in _Page.read(render([], NOW, **given)).text  # type: ignore[arg-type]


def test_a_count_shows_only_its_streams_and_then_leads_back() -> None:
    targets = [
        _target("acme", _stream("usage", State.OK), _stream("audit", State.FORBIDDEN)),
        _target("umbrella", _stream("usage", State.OK)),
    ]
    page = _page(*targets)
    assert page.links[:2] == ["?state=forbidden", "?state=ok"]
    chosen = _page(*targets, view=View(state="forbidden"))
    assert list(chosen.rows) == ["audit"]
    assert chosen.links[:2] == ["?", "?state=ok"]
    assert "1 stream of 1 target is forbidden. Show all" in chosen.text
    assert "2 targets, 3 streams 1 forbidden 2 ok" in chosen.text
    both = _page(*targets, view=View("acme", state="ok", sort=Sort.NAME))
    assert "1 stream of 1 target matches “acme” and is ok. Show all" in both.text
    assert both.links[:2] == ["?q=acme&state=forbidden&sort=name", "?q=acme&sort=name"]
    none = _page(*targets, view=View("umbrella", state="forbidden"))
    assert "No streams match “umbrella” and are forbidden. Show all" in none.text


@pytest.mark.parametrize(
    ("states", "title"),
    [
        ([State.OK, None], "usage-exporter"),
        ([State.ERROR], "1 problem — usage-exporter"),
        ([State.ERROR, State.UNAVAILABLE], "2 problems — usage-exporter"),
    ],
)
def test_the_title_counts_the_problems(states: list[State | None], title: str) -> None:
    streams = [_stream(str(index), state) for index, state in enumerate(states)]
    assert _page(_target("acme", *streams)).title == title


def test_tables_name_their_columns_rows_and_subject() -> None:
    html = render(
        [_target("acme", _stream("usage", State.OK))], NOW, telemetry_path="/metrics", version="1"
    )
    assert html.count('<th scope="col">') == 9
    assert '<th scope="row">usage</th>' in html
    assert re.search(r"<caption[^>]*>Streams of github / acme</caption>", html)


@pytest.mark.parametrize(
    ("walk", "words"),
    [
        (None, []),
        ((0, 0), ["walk: no parts to read"]),
        ((1, 2), ["walk: 1 of 2 parts read"]),
        ((120, 1_300), ["walk: 120 of 1,300 parts read"]),
    ],
)
def test_a_walk_tells_how_far_it_is(walk: tuple[int, int] | None, words: list[str]) -> None:
    stream = _stream("usage", State.RATE_LIMITED)
    stream.walk = walk
    assert _page(_target("acme", stream)).walks == words


@pytest.mark.parametrize(("done", "bars"), [(299, 1), (300, 0)])
def test_a_walk_that_is_done_needs_no_bar(done: int, bars: int) -> None:
    stream = _stream("usage", State.OK, walk=(done, 300))
    html = render([_target("acme", stream)], NOW, telemetry_path="/metrics", version="1")
    assert html.count('class="bar"') == bars
    assert _Page.read(html).walks == [f"walk: {done} of 300 parts read"]


def test_a_failed_poll_has_a_cross_and_a_poll_without_records_a_bar() -> None:
    stream = _stream("usage", State.OK)
    for poll in (Polled(50, False), Polled(0, False), Polled(0, True), Polled(100, True)):
        stream.history.add(poll)
    html = render([_target("acme", stream)], NOW, telemetry_path="/metrics", version="1")
    assert "<title>Records of the last 4 polls, 2 failed</title>" in html
    assert "<desc>From 0 to 50 records in a poll that succeeded.</desc>" in html
    assert '<path class="bars" d="M177.5 36v-13M181.5 36v-2M189.5 36v-26"/>' in html
    assert '<path class="crosses" d="M184 1l4 6m0-6l-4 6M188 1l4 6m0-6l-4 6"/>' in html


def test_polls_that_all_failed_have_no_range_of_records() -> None:
    stream = _stream("usage", State.ERROR)
    stream.history.add(Polled(0, True))
    chart = _page(_target("acme", stream)).rows["usage"]["Records per poll"]
    assert chart == "Records of the last poll, 1 failedNo poll among them succeeded."


@pytest.mark.parametrize(
    ("requests", "limit", "words", "width"),
    [
        (412, Limit(60, 60), "412 of 3,600 an hour", 11),
        (270, Limit(5, 60), "270 of 300 an hour, nearly used up", 90),
        (300, Limit(5, 60), "300 of 300 an hour, used up", 100),
        (301, Limit(5, 60), "301 of 300 an hour, used up", 100),
        (1, Limit(10, 80 * HOUR), "1 of 0.12 an hour, used up", 100),
    ],
)
def test_the_budget_is_said_in_words_with_a_bar(
    requests: int, limit: Limit, words: str, width: int
) -> None:
    target = _target("acme", _stream("usage", State.OK))
    target.budget = RequestBudget({"core": [limit]}, lambda: NOW)
    for _ in range(requests):
        target.requested(Endpoint("/a", "core"), "200")
    html = render([target], NOW, telemetry_path="/metrics", version="1")
    assert f"Requests of the last hour {words} Requests to" in _Page.read(html).text
    assert re.findall(r'style="width:(\d+)%"', html) == [str(width)]


def test_of_several_limits_the_busiest_groups_are_shown() -> None:
    target = _target("acme", _stream("usage", State.OK))
    target.budget = RequestBudget({name: [Limit(5, 60)] for name in "abcdef"}, lambda: NOW)
    for times, name in enumerate("abcde", start=1):
        for _ in range(times):
            target.requested(Endpoint("/x", name), "200")
    assert (
        "Requests of the last hour 5 of 300 an hour e 4 of 300 an hour d 3 of 300 an hour c "
        "and 2 groups used less"
    ) in _page(target).text


def test_a_limit_that_nobody_uses_is_not_shown() -> None:
    target = _target("acme", _stream("usage", State.OK))
    target.budget = RequestBudget({name: [Limit(5, 60)] for name in "ab"}, lambda: NOW)
    assert "Requests of the last hour" not in _page(target).text
    target.requested(Endpoint("/x", "b"), "200")
    assert "Requests of the last hour 1 of 300 an hour b Requests to" in _page(target).text


def test_a_target_without_limits_shows_its_requests_alone() -> None:
    target = _target("acme", _stream("usage", State.OK))
    target.budget = RequestBudget({"core": []}, lambda: NOW)
    target.requested(Endpoint("/a", "core"), "200")
    assert "Requests of the last hour 1, no limit Requests to" in _page(target).text


def test_a_search_shows_what_it_found_and_the_way_back_beside_the_whole_summary() -> None:
    targets = [
        _target("acme", _stream("usage", State.OK), _stream("audit", State.FORBIDDEN)),
        _target("umbrella", _stream("usage", State.OK)),
    ]
    page = _page(*targets, view=View("forbidden", Sort.NAME))
    assert list(page.rows) == ["audit"]
    assert "2 targets, 3 streams 1 forbidden 2 ok" in page.text
    assert "1 stream of 1 target matches “forbidden”. Show all" in page.text
    assert {"?q=forbidden", "?q=forbidden&sort=age", "?sort=name"} <= set(page.links)


def test_a_search_that_finds_nothing_says_so() -> None:
    page = _page(_target("acme", _stream("usage", State.OK)), view=View("nothing like it"))
    assert page.headings == []
    assert "No streams match “nothing like it”. Show all" in page.text


def test_many_targets_come_in_pages_that_lead_to_each_other() -> None:
    targets = [_target(f"org{index}", _stream("a", State.OK)) for index in range(500)]
    first, second, third = (
        _page(*targets, view=View("a", Sort.AGE, number)) for number in (1, 2, 3)
    )
    assert [len(page.headings) for page in (first, second, third)] == [PAGE_SIZE, PAGE_SIZE, 100]
    assert "Targets 201 to 400 of 500" in second.text
    turned = [[link for link in page.links if "page=" in link] for page in (first, second, third)]
    assert turned == [
        ["?q=a&sort=age&page=2"] * 2,
        ["?q=a&sort=age&page=3"] * 2,
        ["?q=a&sort=age&page=2"] * 2,
    ]


def test_a_thousand_targets_of_five_streams_render_in_under_a_second() -> None:
    targets = [
        _target(f"org{index}", *(_stream(name, State.OK) for name in "abcde"))
        for index in range(1_000)
    ]
    # The best of three by the thread's own clock: other work on the machine is not measured.
    assert min(_render_seconds(targets) for _ in range(3)) < 1


def _render_seconds(targets: list[TargetStatus]) -> float:
    started = time.thread_time()
    render(targets, NOW, telemetry_path="/metrics", version="1")
    return time.thread_time() - started


def _target(account: str, *streams: StreamStatus) -> TargetStatus:
    return TargetStatus("github", account, {stream.key.stream: stream for stream in streams})


def _stream(
    name: str,
    state: State | None,
    *,
    reason: str = "",
    interval: int = 300,
    polls: int = 1,
    failures_in_row: int = 0,
    last_records: int = 0,
    series: int = 0,
    polling_since: float | None = None,
    next_poll: float = NOW + 130,
    data_until: float | None = None,
    walk: tuple[int, int] | None = None,
) -> StreamStatus:
    return StreamStatus(
        StreamKey("github", "acme", name),
        interval,
        state=state,
        reason=reason,
        polls=polls,
        failures_in_row=failures_in_row,
        last_records=last_records,
        series=series,
        polling_since=polling_since,
        next_poll=next_poll,
        last_success=NOW - 190 if state is not None and state.answered else None,
        data_until=data_until,
        walk=walk,
    )


def _page(*targets: TargetStatus, view: View = View()) -> "_Page":  # noqa: B008  # it is frozen
    return _Page.read(render(targets, NOW, view, telemetry_path="/metrics", version="0.1.0"))


@dataclass
class _Page:
    """What a reader finds on a page; `rows` are by stream, then by column."""

    title: str = ""
    text: str = ""
    headings: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    rows: dict[str, dict[str, str]] = field(default_factory=dict)
    reasons: list[str] = field(default_factory=list)
    walks: list[str] = field(default_factory=list)

    @classmethod
    def read(cls, html: str) -> "_Page":
        reader = _Reader()
        reader.feed(html)
        reader.close()
        return reader.page()


class _Reader(HTMLParser):
    """Splits a page into its text and the texts of the elements that hold something."""

    _HOLDERS = frozenset({"title", "h2", "th", "td", "li"})

    def __init__(self) -> None:
        super().__init__()
        self._all: list[str] = []
        self._held: list[tuple[str, dict[str, str | None], list[str]]] = []
        self._open: list[str] = []
        self._links: list[str] = []
        self._row = ""
        self._skipping = self._in_chart = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "style":
            self._skipping = True
        elif tag == "a":
            self._links.append(dict(attrs)["href"] or "")
        elif tag == "svg":
            self._in_chart = True
        elif tag == "tr":
            self._row = dict(attrs).get("class") or ""
        elif tag in self._HOLDERS and not self._in_chart:
            self._held.append((tag, {**dict(attrs), "row": self._row}, []))
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag == "style":
            self._skipping = False
        elif tag == "svg":
            self._in_chart = False
        elif tag in self._HOLDERS and not self._in_chart:
            assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self._skipping:
            return
        self._all.append(data)
        if self._open:
            self._held[-1][2].append(data)

    def page(self) -> _Page:
        page = _Page(text=" ".join(" ".join(self._all).split()), links=self._links)
        columns: list[str] = []
        row: list[str] = []
        for tag, attributes, texts in self._held:
            text = "".join(texts).strip()
            if tag == "title":
                page.title = text
            elif tag == "h2":
                page.headings.append(text)
                columns = []
            elif tag == "th" and attributes["scope"] == "col":
                columns.append(text)
            elif tag == "th":
                row = [text]
            elif tag == "li":
                page.reasons.append(" ".join(text.split()))
            elif attributes["row"] == "wide walk":
                page.walks.append(text)
            else:
                row.append(text)
                page.rows[row[0]] = dict(zip(columns[1:], row[1:], strict=False))
        return page

"""What is odd about Tabnine's audit log: it grows while it is read, and comes in many forms."""

import csv
import io
import itertools
import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from exporter.client.errors import State
from exporter.model import DAY
from tests.streams.harness import Asked, Case, Pipeline, Route, answer
from tests.streams.tabnine.audit_log.case import CASE, audit_items, audit_page, selected
from tests.streams.views import csv_answer

HYPHEN, UNDERSCORE = "/api/v1/organization/audit-logs", "/api/v1/organization/audit_logs"
EVENTS = "tabnine_audit_events_total"
COLUMNS = ("id", "timestamp", "eventType", "actorId", "actorEmail", "metadata")

View = Callable[[Any, Asked], httpx.Response]
Events = list[dict[str, Any]]


def case(view: View, path: str = HYPHEN) -> Case:
    """The audit log with another server behind it."""
    return replace(CASE, routes=(Route(path, "events", view),))


def event(
    number: int, kind: str = "user.login", at: str = "2026-01-07T09:00:00Z"
) -> dict[str, Any]:
    actor = {"id": "u1", "type": "user", "email": "admin@example.com"}
    return {"id": f"evt_{number}", "timestamp": at, "eventType": kind, "actor": actor}


def fill(run: Pipeline, events: Events) -> None:
    run.vendor.bodies["events"] = {"items": events}


def total(run: Pipeline) -> float:
    return sum(run.values(EVENTS).values())


def newest_first(body: Any) -> Events:
    """All there is, by a server that knows neither `from` nor `to` nor `sort`."""
    return sorted(body["items"], key=lambda row: str(row["timestamp"]), reverse=True)


def as_csv(events: Events, columns: Sequence[str] = COLUMNS, names: Sequence[str] = ()) -> str:
    """Events as Tabnine is assumed to write them, with these columns under these names."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(names or columns)
    for row in events:
        flat = row | {"actorEmail": "admin@example.com", "metadata": '{"a": "x,\n""y"}'}
        writer.writerow([flat.get(column, "") for column in columns])
    return text.getvalue()


def csv_page(events: Events, asked: Asked) -> httpx.Response:
    offset, size = int(asked.query["offset"]), min(int(asked.query["limit"]), asked.most)
    return csv_answer(as_csv(events[offset : offset + size]))


async def test_a_fixed_range_is_asked_for_in_whole_seconds(tmp_path: Path) -> None:
    """Whole UTC days of the lookback up to the moment of the poll, oldest first, in large pages."""
    async with Pipeline(CASE, tmp_path) as run:
        run.clock.now += 0.75
        await run.poll()
        [request] = run.vendor.requests
        assert dict(request.url.params) == {
            "from": "2026-01-05T00:00:00Z",
            "to": "2026-01-07T12:00:00Z",
            "sort": "asc",
            "limit": "1000",
            "offset": "0",
        }


async def test_an_order_that_is_refused_need_not_be_asked_for(tmp_path: Path) -> None:
    """`none` leaves the parameter out; the counts are the same."""
    async with Pipeline(CASE, tmp_path, options={"sort": "none"}) as run:
        await run.poll()
        assert "sort" not in run.vendor.requests[0].url.params
        assert total(run) == 3


@pytest.mark.parametrize("known", [True, False], ids=["range known", "range ignored"])
@pytest.mark.parametrize("most", [1, 2, 7])
async def test_a_list_that_grows_at_its_head_counts_once(
    known: bool, most: int, tmp_path: Path
) -> None:
    """An event arrives before every page: offsets shift, and each event still counts once."""
    numbers = itertools.count(100)

    def view(body: Any, asked: Asked) -> httpx.Response:
        arrived.append(event(next(numbers), at="2026-01-07T12:00:30Z"))
        rows = {"items": body["items"] + arrived}
        return audit_items(selected(rows, asked) if known else newest_first(rows), asked)

    arrived: Events = []
    async with Pipeline(case(view), tmp_path, options={"sort": "desc"}) as run:
        fill(run, [event(number) for number in range(20)])
        run.vendor.most = most if known else most + 1
        await run.poll()
        assert run.status.state is State.OK
        assert total(run) == 20
        run.vendor.most = 1_000
        await run.poll(after=300)
        assert total(run) == 20 + len(arrived)
        assert run.status.corrections == 0


async def test_an_id_counts_once(tmp_path: Path) -> None:
    """Whatever page it comes on."""
    async with Pipeline(CASE, tmp_path) as run:
        fill(run, [event(1), event(2), event(1), event(2), event(3)])
        run.vendor.most = 2
        await run.poll()
        assert total(run) == 3


async def test_a_server_without_ranges_is_not_read_to_its_beginning(tmp_path: Path) -> None:
    """A newest-first list is left where it goes beyond the window."""
    old = [event(n, at=f"2025-{n % 12 + 1:02}-01T00:00:00Z") for n in range(200)]

    def view(body: Any, asked: Asked) -> httpx.Response:
        return audit_items(newest_first(body), asked)

    async with Pipeline(case(view), tmp_path) as run:
        fill(run, [event(1_000), event(1_001), *old])
        run.vendor.most = 10
        await run.poll()
        assert total(run) == 2
        assert len(run.vendor.requests) == 2
        fill(run, old)
        await run.poll(after=300)
        assert len(run.vendor.requests) <= 2 + 20


def _meta(body: Any, asked: Asked) -> httpx.Response:
    """The envelope of an older document."""
    rows, offset, size = selected(body, asked), int(asked.query["offset"]), asked.most
    meta: dict[str, Any] = {"count": len(rows[offset : offset + size]), "total": len(rows)}
    if offset + size < len(rows):
        meta["next"] = {"limit": size, "offset": offset + size}
    return answer({"data": rows[offset : offset + size], "meta": meta})


def _about(total_: int | None, *, echoes_limit: bool = True) -> View:
    """A server whose total is only about right, or that tells neither total nor the page's size."""

    def view(body: Any, asked: Asked) -> httpx.Response:
        rows, offset = selected(body, asked), int(asked.query["offset"])
        page: dict[str, Any] = {"items": rows[offset : offset + asked.most], "offset": offset}
        if total_ is not None:
            page["total"] = total_
        return answer(page | ({"limit": asked.most} if echoes_limit else {}))

    return view


@pytest.mark.parametrize(
    "view",
    [
        audit_page,
        _meta,
        _about(3),
        _about(1_000),
        _about(None),
        _about(None, echoes_limit=False),
        _about(9, echoes_limit=False),
    ],
    ids=["items", "meta", "low total", "high total", "no total", "rows only", "no limit"],
)
async def test_every_envelope_is_read_to_its_end(view: View, tmp_path: Path) -> None:
    """Also by a server that gives smaller pages than were asked for."""
    async with Pipeline(case(view), tmp_path) as run:
        fill(run, [event(number) for number in range(9)])
        run.vendor.most = 3
        await run.poll()
        assert run.status.state is State.OK
        assert total(run) == 9


async def test_an_envelope_without_events_is_a_schema_error(tmp_path: Path) -> None:
    """An object of something else is not an empty list."""
    view: View = lambda body, asked: answer({"message": "hello"})  # noqa: E731
    async with Pipeline(case(view), tmp_path) as run:
        await run.poll()
        assert run.status.state is State.SCHEMA_ERROR
        assert "items" in run.status.reason


@pytest.mark.parametrize("at", ["2026-01-06T23:59:59Z", "2026-01-06T23:59:59.5", "2026-01-07T01:59:59.25+02:00"])  # fmt: skip
async def test_an_event_counts_in_its_utc_day(at: str, tmp_path: Path) -> None:
    """Fractions of any length, other zones and none at all are times too."""
    view: View = lambda body, asked: audit_items(body["items"], asked)  # noqa: E731
    async with Pipeline(case(view), tmp_path) as run:
        fill(run, [event(1, at=at)])
        await run.poll()
        [series] = (await run.state()).ledger.values()
        [slot] = series.slots
        assert slot.bucket == 1_767_657_600
        assert run.status.data_until == slot.bucket + DAY


async def test_an_event_that_comes_late_or_goes(tmp_path: Path) -> None:
    """Late ones of the lookback count; one that is gone is a correction."""
    async with Pipeline(CASE, tmp_path) as run:
        fill(run, [event(1), event(2)])
        await run.poll()
        fill(run, [event(1), event(2), event(3, at="2026-01-06T08:00:00Z")])
        await run.poll(after=300)
        assert total(run) == 3
        fill(run, [event(1), event(3, at="2026-01-06T08:00:00Z")])
        await run.poll(after=300)
        assert (total(run), run.status.corrections) == (3, 1)
        fill(run, [event(1), event(3, at="2026-01-06T08:00:00Z"), event(4), event(5)])
        await run.poll(after=300)
        assert total(run) == 4


async def test_event_types_beyond_the_budget_are_other(tmp_path: Path) -> None:
    """A vendor that invents types without end cannot grow the page without end."""
    async with Pipeline(CASE, tmp_path) as run:
        fill(run, [event(n, f"type.{n}") for n in range(5_100)])
        await run.poll()
        assert len(run.values(EVENTS)) == 5_000 + 1
        assert run.value(EVENTS, "other") == 100
        assert total(run) == 5_100


async def test_an_event_without_a_type_is_unknown(tmp_path: Path) -> None:
    """It counts."""
    async with Pipeline(CASE, tmp_path) as run:
        fill(run, [{"id": 7, "timestamp": "2026-01-07T09:00:00Z"}])
        await run.poll()
        assert run.values(EVENTS) == {("unknown",): 1}


async def test_without_audit_rights_the_stream_is_forbidden(tmp_path: Path) -> None:
    """What was counted stays on the page; nothing is asked twice."""
    async with Pipeline(CASE, tmp_path) as run:
        await run.poll()
        page = run.page
        body = {"error": "forbidden", "message": "Insufficient permissions", "requestId": "req_2"}
        run.vendor.fail(lambda: httpx.Response(403, json=body))
        await run.poll(after=300)
        assert run.status.state is State.FORBIDDEN
        assert "Insufficient permissions" in run.status.reason
        assert run.page == page
        assert len(run.vendor.requests) == 2


async def test_the_other_spelling_is_tried_once_and_remembered(tmp_path: Path) -> None:
    """A 404 at one spelling costs one request, and none in the polls after; a change is found."""
    spelling = UNDERSCORE

    def view(body: Any, asked: Asked) -> httpx.Response:
        there = asked.url.path == spelling
        return audit_page(body, asked) if there else httpx.Response(404, json={})

    both = replace(case(view), routes=[Route(at, "events", view) for at in (HYPHEN, UNDERSCORE)])
    async with Pipeline(both, tmp_path, options={"path": "auto"}) as run:
        for _ in range(2):
            await run.poll(after=300)
            assert run.status.state is State.OK
        assert [r.url.path for r in run.vendor.requests] == [HYPHEN, UNDERSCORE, UNDERSCORE]
        spelling = HYPHEN
        await run.poll(after=300)
        assert run.status.state is State.OK
        assert [r.url.path for r in run.vendor.requests[3:]] == [UNDERSCORE, HYPHEN]
        assert total(run) == 3


@pytest.mark.parametrize(("path", "requests"), [("auto", 2), ("hyphen", 1), ("underscore", 1)])
async def test_an_installation_without_an_audit_log(
    path: str, requests: int, tmp_path: Path
) -> None:
    """Both spellings are not found: that is the state, after one request for each."""
    nowhere = case(audit_page, "/elsewhere")
    async with Pipeline(nowhere, tmp_path, options={"path": path}) as run:
        await run.poll()
        assert run.status.state is State.NOT_FOUND
        assert len(run.vendor.requests) == requests


@pytest.mark.parametrize(
    ("switch", "parameter"), [("format=csv", ("format", "csv")), ("csv-format", ("csv-format", ""))]
)
@pytest.mark.parametrize("most", [1, 2, 1_000])
async def test_csv_counts_what_json_counts(
    switch: str, parameter: tuple[str, str], most: int, tmp_path: Path
) -> None:
    """Whichever switch the installation knows, and however small its pages are."""

    def view(body: Any, asked: Asked) -> httpx.Response:
        assert parameter in asked.query.items()
        return csv_page(selected(body, asked), asked)

    (tmp_path / "json").mkdir()
    async with Pipeline(CASE, tmp_path / "json") as json_run:
        await json_run.poll()
    options = {"format": "csv", "csv_query": switch}
    async with Pipeline(case(view), tmp_path, options=options) as run:
        run.vendor.most = most
        await run.poll()
        assert (run.status.state, run.status.reason) == (State.OK, "")
        assert run.page == json_run.page
        assert run.status.drift == {}


@pytest.mark.parametrize("rows", [3, 2_000])
async def test_csv_that_ignores_pages_counts_once(rows: int, tmp_path: Path) -> None:
    """A server that always sends everything ends the read by bringing nothing more."""
    view: View = lambda body, asked: csv_answer(as_csv(body["items"]))  # noqa: E731
    async with Pipeline(case(view), tmp_path, options={"format": "csv"}) as run:
        fill(run, [event(number) for number in range(rows)])
        await run.poll()
        assert total(run) == rows
        assert len(run.vendor.requests) <= 2


async def test_an_empty_body_ends_the_csv(tmp_path: Path) -> None:
    """After rows it is the end; at the start it is a body that was cut off."""

    def view(body: Any, asked: Asked) -> httpx.Response:
        rows = body["items"][int(asked.query["offset"]) :]
        return csv_answer(as_csv(rows) if rows else "")

    async with Pipeline(case(view), tmp_path, options={"format": "csv"}) as run:
        fill(run, [event(1)])
        await run.poll()
        assert (run.status.state, total(run)) == (State.OK, 1)
        fill(run, [])
        await run.poll()
        assert run.status.state is State.UNAVAILABLE


@pytest.mark.parametrize("missing", ["id", "timestamp", "eventType"])
async def test_csv_without_a_column_it_needs_names_it(missing: str, tmp_path: Path) -> None:
    """Rows without an id or a time cannot be counted once: that is told, not guessed."""
    columns = [column for column in COLUMNS if column != missing]
    view: View = lambda body, asked: csv_answer(as_csv(body["items"], columns))  # noqa: E731
    async with Pipeline(case(view), tmp_path, options={"format": "csv"}) as run:
        await run.poll()
        assert run.status.state is State.SCHEMA_ERROR
        assert f"header lacks {missing}" in run.status.reason


async def test_csv_columns_can_be_named(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Columns in another order under other names; unknown ones are drift, people are nowhere."""
    caplog.set_level(logging.DEBUG, "exporter")
    columns = ("actorEmail", "eventType", "timestamp", "id")
    names = ("who", "Event", "Time (UTC)", "Event ID")
    view: View = lambda body, asked: csv_answer(as_csv(body["items"], columns, names))  # noqa: E731
    options = {
        "format": "csv",
        "csv_columns": {"id": "Event ID", "timestamp": "Time (UTC)", "event_type": "Event"},
    }
    async with Pipeline(case(view), tmp_path, options=options) as run:
        await run.poll()
        assert run.status.state is State.OK
        assert total(run) == 3
        assert run.status.drift == {"who": 1}
        assert "admin@example.com" not in run.page + caplog.text + repr(await run.state())


async def test_an_event_whose_time_is_none_is_rejected(tmp_path: Path) -> None:
    """It cannot be counted in no day; the field is told and not the value."""
    view: View = lambda body, asked: audit_items(body["items"], asked)  # noqa: E731
    async with Pipeline(case(view), tmp_path) as run:
        fill(run, [event(1), event(2, at="yesterday")])
        await run.poll()
        assert run.status.state is State.OK
        assert run.status.rejected == {"timestamp": 1}
        assert "yesterday" not in run.self_page()
        assert sum(run.values(EVENTS).values()) == 1

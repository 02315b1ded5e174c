"""What is odd about usage report exports: made once, waited for, told by files, corrected by newer ones."""

import asyncio
import contextlib
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from exporter.client.errors import State
from exporter.model import DAY, HOUR, Coverage, Sample, Window
from exporter.poll.baseline import Fresh
from exporter.poll.ledger import Ledger, count
from exporter.poll.transform.budget import gather
from exporter.vendors.github.usage_reports.exports import Made, Memory, missing
from exporter.vendors.github.usage_reports.metrics import DOLLARS
from exporter.vendors.github.usage_reports.stream import Options
from tests.streams.github.usage_reports.case import CASE as USAGE_REPORTS
from tests.streams.harness import Case, FakeVendor, Pipeline, Route, answer
from tests.streams.simulated import Simulated
from tests.streams.views import csv_answer

FIRST = "2026-01-01T00:00:00Z"
NOON = "2026-01-06T12:00:00Z"
EXPORTS = "github_usage_report_exports"
SPENT = "github_usage_report_net_usd_total"
REPORTS = "/enterprises/acme/settings/billing/reports"
HEADER = "date,product,sku,quantity,unit_type,gross_amount,discount_amount,net_amount"


def export(name: str, created: str, first: str = "2026-01-01", last: str = "2026-01-05") -> Any:
    return {
        "id": name,
        "report_type": "summarized",
        "start_date": first,
        "end_date": last,
        "status": "completed",
        "created_at": created,
        "download_urls": [f"https://files.example.net/{name}?sig=s1gned"],
    }


def row(day: str, net: str) -> str:
    return f"{day},actions,actions_linux,1,minutes,{net},0,{net}"


def case_of(exports: list[Any], files: dict[str, str]) -> Case:
    """A list of exports, and the text of their files by export id; changed by the test as it goes."""

    def listed(_: Any, asked: Any) -> httpx.Response:
        if asked.tail:
            return answer(next(one for one in exports if one["id"] == asked.tail))
        return answer({"usage_report_exports": exports})

    def file(_: Any, asked: Any) -> httpx.Response:
        text = files.get(asked.tail)
        return httpx.Response(403, text="expired") if text is None else csv_answer(text)

    routes = [
        Route(REPORTS, "reports", listed, etag=False),
        Route("/", "reports", file, etag=False),
    ]
    options = {"report_types": ["summarized"]}
    return Case(**{**vars(USAGE_REPORTS), "routes": routes, "options": options})


def text_of(*rows: str, header: str = HEADER) -> str:
    return "\r\n".join((header, *rows, ""))


def spent(run: Pipeline) -> float:
    return sum(run.values(SPENT).values())


async def test_of_a_day_the_newest_export_is_right(tmp_path: Path) -> None:
    """Also where the list has it first or last; days of the older one that it lacks still count."""
    exports = [
        export("new", "2026-01-06T11:00:00Z", "2026-01-03", "2026-01-05"),
        export("old", "2026-01-06T10:00:00Z"),
    ]
    files = {
        "new": text_of(row("2026-01-03", "4"), row("2026-01-04", "8")),
        "old": text_of(row("2026-01-01", "1"), row("2026-01-03", "100")),
    }
    for turn in range(2):
        directory = tmp_path / str(turn)
        directory.mkdir()
        async with Pipeline(case_of(exports[:: 1 - 2 * turn], files), directory) as run:
            await run.poll()
            assert run.status.state is State.OK
            assert spent(run) == 13


async def test_a_file_is_downloaded_once_and_a_newer_export_reads_its_days_again(
    tmp_path: Path,
) -> None:
    """Polls and restarts in between cost a list; a correction is counted as one."""
    exports = [export("one", "2026-01-06T10:00:00Z")]
    files = {"one": text_of(row("2026-01-03", "4"), row("2026-01-04", "8"))}
    async with Pipeline(case_of(exports, files), tmp_path) as run:
        for _ in range(3):
            await run.poll(after=HOUR)
            await run.restart()
        assert len(run.vendor.asked("/one")) == 2, "its links, and its file"
        exports.append(export("two", "2026-01-06T13:00:00Z", "2026-01-04"))
        files["two"] = text_of(row("2026-01-04", "6"), row("2026-01-05", "3"))
        await run.poll(after=HOUR)
        assert run.status.corrections > 0
        state = await run.state()
        assert [s.counter - s.debt for k, s in state.ledger.items() if k[0] == SPENT] == [13]


async def test_an_export_that_is_gone_leaves_its_days_as_they_are(tmp_path: Path) -> None:
    """An older one that is still listed does not take its place."""
    exports = [export("new", "2026-01-06T11:00:00Z"), export("old", "2026-01-06T10:00:00Z")]
    files = {"new": text_of(row("2026-01-03", "4")), "old": text_of(row("2026-01-03", "3"))}
    async with Pipeline(case_of(exports, files), tmp_path) as run:
        await run.poll()
        del exports[0]
        await run.poll(after=HOUR)
        assert (spent(run), run.status.corrections) == (4, 0)
        assert run.vendor.asked("/old") == []


async def test_days_that_had_not_begun_are_not_zero(tmp_path: Path) -> None:
    """An export of the whole month made on the 6th tells nothing of the 7th."""
    exports = [export("two", "2026-01-08T10:00:00Z", "2026-01-07", "2026-01-07")]
    files = {"two": text_of(row("2026-01-07", "9")), "one": text_of(row("2026-01-03", "4"))}
    async with Pipeline(case_of(exports, files), tmp_path, now="2026-01-08T12:00:00Z") as run:
        await run.poll()
        exports.append(export("one", "2026-01-06T10:00:00Z", last="2026-01-31"))
        await run.poll(after=HOUR)
        assert (spent(run), run.status.corrections) == (13, 0)


async def test_a_link_carries_no_credential_and_is_not_shown(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Files lie on another host; the link itself is the credential."""
    caplog.set_level("DEBUG")
    exports = [export("one", "2026-01-06T10:00:00Z")]
    async with Pipeline(case_of(exports, {}), tmp_path) as run:
        await run.poll()
        foreign = [r for r in run.vendor.requests if r.url.host == "files.example.net"]
        assert foreign
        assert not any("authorization" in request.headers for request in foreign)
        assert run.status.state is State.UNAVAILABLE
        text = caplog.text.replace("HTTP Request", "")
        assert "s1gned" not in run.status.reason + "".join(
            line for line in text.splitlines() if "exporter" in line
        )


async def test_a_file_that_cannot_be_had_does_not_stop_the_others(tmp_path: Path) -> None:
    """The others count, the state tells of it, and it is tried again."""
    exports = [
        export("new", "2026-01-06T11:00:00Z", "2026-01-04"),
        export("old", "2026-01-06T10:00:00Z", last="2026-01-03"),
    ]
    files = {"old": text_of(row("2026-01-03", "4"))}
    async with Pipeline(case_of(exports, files), tmp_path) as run:
        await run.poll()
        assert (run.status.state, spent(run)) == (State.UNAVAILABLE, 4)
        files["new"] = text_of(row("2026-01-04", "8"))
        await run.poll(after=HOUR)
        assert (run.status.state, spent(run)) == (State.OK, 12)


async def test_files_are_read_by_column_name(tmp_path: Path) -> None:
    """Order, unknown columns, US dates, booleans in any spelling, a byte order mark, several files."""
    header = (
        "exceeds_quota,net_amount,sku,product,date,mystery,gross_amount,discount_amount,quantity"
    )
    exports = [export("one", "2026-01-06T10:00:00Z")]
    exports[0]["download_urls"].append("https://files.example.net/part-2?sig=s1gned")
    files = {
        "one": "\ufeff"
        + text_of(
            "TRUE,0.5,actions_linux,actions,1/3/26,x,0.5,0,1",
            "False,0.25,actions_linux,actions,01/03/2026,x,0.25,0,1",
            header=header,
        ),
        "part-2": text_of("true,-0.05,actions_linux,actions,2026-01-03,x,0,0.05,0", header=header),
    }
    async with Pipeline(case_of(exports, files), tmp_path) as run:
        await run.poll()
        assert run.status.state is State.OK
        assert run.values(SPENT) == {("actions", "actions_linux", "", ""): 0.7}
        assert run.status.drift == {"mystery": 2}


@pytest.mark.parametrize(
    ("line", "column"),
    [
        ("2026-13-03,a,b,1,m,1,0,1", "date"),
        ("yesterday,a,b,1,m,1,0,1", "date"),
        ("2026-01-03,a,b,1,m,1,0,NaN", "net_amount"),
    ],
)
async def test_an_odd_row_is_rejected_by_its_column(tmp_path: Path, line: str, column: str) -> None:
    """A value can be anybody's name."""
    exports = [export("one", "2026-01-06T10:00:00Z")]
    files = {"one": text_of(row("2026-01-03", "4"), line)}
    async with Pipeline(case_of(exports, files), tmp_path) as run:
        await run.poll()
        assert run.status.state is State.OK
        assert run.status.rejected == {column: 1}
        assert "yesterday" not in run.self_page()
        assert list(run.values(SPENT).values()) == [4]


def test_the_same_usage_is_not_read_from_two_types() -> None:
    """Detailed and summarized files would feed the same counters."""
    with pytest.raises(ValidationError, match="name one of them"):
        Options(report_types=("summarized", "detailed"))


def creating(tmp_path: Path, **options: Any) -> Simulated:
    return Simulated(
        USAGE_REPORTS,
        tmp_path,
        first=FIRST,
        now=NOON,
        options={"create": True, "report_types": ["summarized"], **options},
    )


async def test_nothing_is_created_unless_it_is_asked_for(tmp_path: Path) -> None:
    """It would make work on the customer's account."""
    async with creating(tmp_path, create=False) as run:
        for _ in range(3):
            await run.poll(after=DAY)
        assert run.vendor.made("POST") == []


async def test_a_restart_in_the_middle_of_an_export(tmp_path: Path) -> None:
    """It is waited for by the next process, counted, and never asked for again that day."""
    async with creating(tmp_path) as run:
        run.world.exports.processing_seconds = 3 * HOUR
        for hour in range(12):
            await run.poll(after=HOUR)
            await run.restart()
            assert run.status.state in (State.OK, State.EMPTY), run.status.reason
            assert len(run.vendor.made("POST")) == 1
            assert bool(run.values(SPENT)) is (hour >= 3)
        assert run.value(EXPORTS, "summarized", "completed") == 1


async def test_a_crash_after_the_creation_does_not_lead_to_a_second_one(tmp_path: Path) -> None:
    """The process dies before it can remember the id: the export is found in the list."""
    async with creating(tmp_path) as run:
        answered = asyncio.Event()

        async def hang(request: httpx.Request, _: httpx.Response) -> None:
            if request.method == "POST":
                answered.set()
                await asyncio.Event().wait()

        run.vendor.around = hang
        poll = asyncio.create_task(run.poll())
        await answered.wait()
        poll.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await poll
        run.vendor.around = None
        assert (await run.state()).memory == {}
        for _ in range(20):
            await run.restart()
            await run.poll(after=HOUR)
        assert len(run.vendor.made("POST")) == 1
        assert spent(run) != 0


def test_an_export_made_by_a_clock_that_was_ahead_holds_up_none() -> None:
    """When the clock is right again, the missing days are asked for as ever."""
    now = 20_000 * DAY + HOUR
    window = Window(now - 10 * DAY, now)
    for made, wanted in ((now - HOUR, False), (now + 40 * DAY, True)):
        memory = Memory(made={"summarized": Made("id", made)})
        found = missing("summarized", 366, window, memory, now, DAY)
        assert (found is not None) == wanted


async def test_an_answer_that_is_lost_does_not_lead_to_a_second_one(tmp_path: Path) -> None:
    """Nobody knows whether the request arrived; it is not repeated, and the list tells later."""
    async with creating(tmp_path) as run:

        async def lose(request: httpx.Request, _: httpx.Response) -> None:
            if request.method == "POST":
                raise httpx.ReadTimeout("lost", request=request)

        run.vendor.around = lose
        await run.poll()
        states = [run.status.state]
        for _ in range(20):
            await run.poll(after=HOUR)
        assert len(run.vendor.made("POST")) == 1
        assert [*states, run.status.state] == [State.UNAVAILABLE, State.OK]
        assert spent(run) != 0


async def test_a_list_that_lags_does_not_lead_to_a_second_one(tmp_path: Path) -> None:
    """What was created is asked for by its id, at growing intervals, until the list has it."""
    async with creating(tmp_path) as run:
        run.world.exports.processing_seconds = 6 * HOUR
        await run.poll()
        desk, real = run.world.exports, run.world.exports.all
        desk.all = lambda now: []  # type: ignore[method-assign]
        before = len(run.vendor.requests)
        for _ in range(10):
            await run.poll(after=600)
        asked = run.vendor.asked(real(run.clock.now)[0].id)
        assert 2 <= len(asked) <= 8
        assert len(run.vendor.requests) == before + 10 + len(asked)
        desk.all = real  # type: ignore[method-assign]
        await run.poll(after=6 * HOUR)
        assert len(run.vendor.made("POST")) == 1
        assert spent(run) != 0


async def test_a_failed_export_is_a_state_and_not_a_loop(tmp_path: Path) -> None:
    """It shows at once and until another is made, a day after it."""
    async with creating(tmp_path) as run:
        run.world.exports.failing = 1
        await run.poll()
        states = set()
        for _ in range(23):
            await run.poll(after=HOUR)
            states.add(run.status.state)
            assert len(run.vendor.made("POST")) == 1
            assert run.value(EXPORTS, "summarized", "failed") == 1
        assert states == {State.ERROR}
        assert "failed to make the summarized export" in run.status.reason
        await run.poll(after=HOUR)
        assert len(run.vendor.made("POST")) == 2
        await run.poll(after=HOUR)
        assert run.status.state is State.OK
        assert spent(run) != 0


async def test_one_at_a_time_whoever_asked_for_it(tmp_path: Path) -> None:
    """While GitHub makes somebody's export, none is asked for."""
    async with creating(tmp_path, report_types=["summarized", "ai_credit"]) as run:
        run.world.exports.processing_seconds = 5 * HOUR
        run.world.exports.create("detailed", 0, 0, "monalisa", run.clock.now)
        for posts in (0, 0, 0, 0, 1, 1, 1, 1, 1, 2):
            await run.poll(after=HOUR)
            assert len(run.vendor.made("POST")) == posts
        bodies = [request.content for request in run.vendor.made("POST")]
        assert [b"summarized" in bodies[0], b"ai_credit" in bodies[1]] == [True, True]
        assert all(b'"send_email":false' in body for body in bodies)


class ReadOnly(FakeVendor):
    """Refuses what would change something."""

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.method == "GET":
            return super().__call__(request)
        self.requests.append(request)
        return httpx.Response(403, json={"message": "no"})


async def test_a_token_that_may_only_read_is_told_so_and_reads_on(tmp_path: Path) -> None:
    """The refusal is tried hourly; the files that there are count."""
    exports = [export("one", "2026-01-05T10:00:00Z", last="2026-01-04")]
    files = {"one": text_of(row("2026-01-03", "4"))}
    case = case_of(exports, files)
    run = Pipeline(case, tmp_path, options={"create": True})
    run.vendor = ReadOnly(case)
    async with run:
        for _ in range(6):
            await run.poll(after=HOUR / 2)
            assert run.status.state in (State.FORBIDDEN, State.OK)
        posts = [request for request in run.vendor.requests if request.method == "POST"]
        assert len(posts) == 3
        assert spent(run) == 4


changes = st.lists(
    st.tuples(st.integers(0, 4), st.decimals(-50, 50, places=4)), min_size=1, max_size=30
)


@settings(deadline=None, max_examples=60)
@given(changes)
def test_negative_days_keep_the_law(history: list[tuple[int, Decimal]]) -> None:
    """Whatever the vendor takes back: counters never fall, and less debt they are the newest sum."""
    ledger: Ledger = {}
    net = DOLLARS.metrics[-1]
    newest: dict[int, Decimal] = {}
    labels, shown = ("actions", "actions_linux", "", ""), Decimal(0)
    for day, value in history:
        newest[day * DAY] = value
        samples = [Sample(net, labels, total, start) for start, total in newest.items()]
        covered = [Coverage((net,), Window(0, 5 * DAY))]
        count(ledger, gather(samples).counters, covered, oldest_kept=0, baseline=Fresh(), now=0)
        [series] = ledger.values()
        assert series.counter >= shown
        assert series.debt >= 0
        assert series.counter - series.debt == sum(newest.values())
        shown = Decimal(series.counter)

"""Answers that nobody reads, and answers that have to be made: bounded, and no scrape waits for them."""

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from exporter.exposition.exposition import Exposition
from exporter.exposition.page import Page
from exporter.model import Metric, MetricType, Point
from exporter.web import routes
from exporter.web.answers import EXTENSION, Answers

SEATS = Metric("copilot_seats", MetricType.GAUGE, "Seats.")
SIZE = 100_000


class Reader:
    """A client that reads nothing until it is told to; it notes whether it was cut off."""

    def __init__(self, app: ASGIApp, path: str = "/", scheme: str = "http") -> None:
        self.cut_off = False
        self.received = 0
        self._reads = asyncio.Event()
        self.scope: dict[str, Any] = {
            "type": "http",
            "path": path,
            "scheme": scheme,
            "extensions": {EXTENSION: {"abort": self._abort}},
        }
        self.task: asyncio.Future[None] = asyncio.ensure_future(
            app(self.scope, self._receive, self._send)
        )

    def read(self) -> None:
        self._reads.set()

    def _abort(self) -> None:
        self.cut_off = True
        self._reads.set()

    async def _receive(self) -> Message:
        raise AssertionError("no body is asked for")

    async def _send(self, message: Message) -> None:
        if self.received:
            await self._reads.wait()
        self.received += len(message.get("body", b""))


def bodies(make: Callable[[], bytes]) -> ASGIApp:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": make()})

    return app


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_of_too_many_unread_answers_the_oldest_are_given_up() -> None:
    """Each is made for one client; what was read makes room without harm to anybody."""
    answers = Answers(bodies(lambda: bytes(SIZE)), most=3 * SIZE)
    readers = []
    for _ in range(10):
        readers.append(Reader(answers))
        await settle()
    assert [each.cut_off for each in readers] == [True] * 7 + [False] * 3
    readers[8].read()
    await settle()
    readers.append(Reader(answers))
    await settle()
    assert [each.cut_off for each in readers[7:]] == [False] * 4
    for each in readers:
        each.read()
        await each.task


async def test_a_page_that_many_read_counts_once_unless_it_is_encrypted_for_each() -> None:
    """Scrapers that read slowly do not push each other out."""
    page = bytes(SIZE)
    answers = Answers(bodies(lambda: page), most=3 * SIZE)
    for scheme, cut_off in (("http", 0), ("https", 7)):
        readers = [Reader(answers, scheme=scheme) for _ in range(10)]
        await settle()
        assert sum(each.cut_off for each in readers) == cut_off
        for each in readers:
            each.read()
            await each.task


async def test_an_answer_above_the_limit_is_given_alone() -> None:
    """The page of a million series is one."""
    answers = Answers(bodies(lambda: bytes(SIZE)), most=SIZE // 2)
    first = Reader(answers)
    await settle()
    assert not first.cut_off
    second = Reader(answers)
    await settle()
    assert (first.cut_off, second.cut_off) == (True, False)
    second.read()
    await asyncio.gather(first.task, second.task)


async def exporter(
    status_page: Callable[..., str] = lambda _: "", **more: Any
) -> httpx.AsyncClient:
    """A client of the routes, without a socket."""
    board = Exposition([SEATS])
    await board.put(("here",), {SEATS: [Point(("acme",), 1)]})
    await board.flush()
    application = routes.create(
        board,
        telemetry_path="/metrics",
        status_page=status_page,
        ready=lambda: True,
        most_answers=1,
        **more,
    )
    transport = httpx.ASGITransport(application)
    return httpx.AsyncClient(transport=transport, base_url="http://exporter:9899")


async def test_scrapes_need_no_place_among_answers_that_are_made() -> None:
    """Those have places, and are refused where all are taken; what is ready and heads need none."""
    made, entered = threading.Event(), threading.Event()

    def slow(_: object) -> str:
        entered.set()
        made.wait()
        return "the page"

    async with await exporter(slow) as asking:
        waiting = asyncio.create_task(asking.get("/"))
        await asyncio.to_thread(entered.wait)
        for path in ("/", "/metrics?name[]=copilot_seats"):
            assert (await asking.get(path)).status_code == 503
        plain = {"Accept-Encoding": "identity"}
        assert (await asking.get("/metrics", headers=plain)).status_code == 503
        for path in ("/metrics", "/-/healthy", "/-/ready"):
            assert (await asking.get(path)).status_code == 200
        for path in ("/metrics", "/metrics?name[]=copilot_seats"):
            assert (await asking.head(path)).status_code == 200
        made.set()
        assert (await waiting).text == "the page"
        for _ in range(2):
            assert (await asking.get("/metrics", headers=plain)).status_code == 200
        entered.clear()
        made.clear()
        waiting = asyncio.create_task(asking.get("/"))
        await asyncio.to_thread(entered.wait)
        assert (await asking.get("/metrics", headers=plain)).status_code == 200, "it is ready"
        made.set()
        await waiting


@pytest.mark.parametrize("encoding", ["gzip", "identity"])
@pytest.mark.parametrize("query", ["", "?name[]=copilot_seats", "?name[]=unknown"])
async def test_a_head_tells_the_length_without_the_body(
    encoding: str, query: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is selected or inflated for it."""
    headers = {"Accept-Encoding": encoding, "Accept": "application/openmetrics-text"}
    async with await exporter() as asking:
        whole = await asking.get(f"/metrics{query}", headers=headers)
        monkeypatch.setattr(Page, "select", None)
        monkeypatch.setattr(Page, "body", None)
        head = await asking.head(f"/metrics{query}", headers=headers)
    assert head.headers == whole.headers
    assert not head.content
    length = len(whole.content) if encoding == "identity" else int(head.headers["content-length"])
    assert int(head.headers["content-length"]) == length


async def test_what_takes_neither_gzip_nor_plain_is_told_so() -> None:
    """It is not given what it says it cannot read."""
    async with await exporter() as asking:
        answer = await asking.get("/metrics", headers={"Accept-Encoding": "identity;q=0"})
        assert answer.status_code == 406
        answer = await asking.get("/metrics", headers={"Accept-Encoding": "gzip, identity;q=0"})
        assert answer.headers["content-encoding"] == "gzip"


FOREIGN = [
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site", "Origin": "http://exporter:9899"},
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
]
OWN: list[dict[str, str]] = [
    {},
    {"Sec-Fetch-Site": "same-origin", "Origin": "http://proxy.example"},
    {"Sec-Fetch-Site": "none"},
    {"Origin": "http://exporter:9899"},
]


@pytest.mark.parametrize("order", ["reload", "quit"])
async def test_pages_of_other_sites_cannot_give_orders(order: str) -> None:
    """A browser says where a request comes from; curl says nothing."""
    taken: list[str] = []

    async def reload() -> str:
        taken.append("reload")
        return ""

    lifecycle = routes.Lifecycle(reload, lambda: taken.append("quit"))
    async with await exporter(lifecycle=lifecycle) as asking:
        for headers in FOREIGN:
            assert (await asking.post(f"/-/{order}", headers=headers)).status_code == 403
        assert not taken
        for headers in OWN:
            assert (await asking.post(f"/-/{order}", headers=headers)).status_code == 200
        assert taken == [order] * len(OWN)

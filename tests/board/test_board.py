"""The board swaps whole pages that show exactly what its sources put last."""

import asyncio
import gzip
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.exposition.compress import Encoding
from exporter.exposition.exposition import CatalogueError, Exposition
from exporter.exposition.page import Page
from exporter.exposition.render import Format, PointError, header, render
from exporter.model import Histogram, Metric, MetricType, Point, Scope

TURNS = Metric("copilot_turns_total", MetricType.COUNTER, "Chat turns.", labels=("team_slug",))
SEATS = Metric("copilot_seats", MetricType.GAUGE, "Seats.")
DURATION = Metric(
    "poll_duration_seconds", MetricType.HISTOGRAM, "Duration of polls.", scope=Scope.EXPORTER
)
CATALOGUE = (TURNS, SEATS, DURATION)

Families = Mapping[Metric, Sequence[Point]]


def turns(account: str, value: int, series: int = 1) -> list[Point]:
    return [Point((account, f"team-{index}"), value, 1.5) for index in range(series)]


def seats(account: str, value: int) -> list[Point]:
    return [Point((account,), value)]


def plain(page: Page) -> str:
    return page.body(Format.PLAIN, Encoding.IDENTITY).decode()


def lines(page: Page) -> set[str]:
    return {line for line in plain(page).splitlines() if not line.startswith("#")}


class Inline(Executor):
    """Runs everything at once, for tests in which threads prove nothing."""

    def __init__(self) -> None:
        self.calls = 0

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        self.calls += 1
        future: Future[Any] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:  # noqa: BLE001 - an executor hands every failure on
            future.set_exception(error)
        return future


async def test_an_empty_board_serves_empty_pages() -> None:
    """Before the first put there is a valid page in every form."""
    page = Exposition(CATALOGUE).page
    assert page.body(Format.PLAIN, Encoding.IDENTITY) == b""
    assert page.body(Format.OPENMETRICS, Encoding.IDENTITY) == b"# EOF\n"
    assert gzip.decompress(page.body(Format.OPENMETRICS, Encoding.GZIP)) == b"# EOF\n"


async def test_page_is_the_families_in_catalogue_order() -> None:
    """Families come as the catalogue lists them, each once, its sources in order of their names."""
    board = Exposition(CATALOGUE)
    await board.put(("b",), {SEATS: seats("b", 2), TURNS: turns("b", 3)})
    await board.put(("a",), {SEATS: seats("a", 1)})
    await board.flush()
    expected = (
        header(TURNS).openmetrics
        + render(TURNS, turns("b", 3)).openmetrics
        + header(SEATS).openmetrics
        + render(SEATS, [*seats("a", 1), *seats("b", 2)]).openmetrics
        + b"# EOF\n"
    )
    assert board.page.body(Format.OPENMETRICS, Encoding.IDENTITY) == expected
    assert gzip.decompress(board.page.body(Format.OPENMETRICS, Encoding.GZIP)) == expected


async def test_put_replaces_only_the_families_it_names() -> None:
    """What a source put before stays in the families that a later put leaves out."""
    board = Exposition(CATALOGUE)
    await board.put(("a",), {SEATS: seats("a", 1), TURNS: turns("a", 1, series=2)})
    await board.put(("a",), {TURNS: turns("a", 5)})
    await board.flush()
    assert lines(board.page) == {
        'copilot_seats{account="a"} 1',
        'copilot_turns_total{account="a",team_slug="team-0"} 5',
    }


async def test_a_family_without_points_is_gone_with_its_header() -> None:
    """Empty points, and removing the source, leave no HELP behind."""
    board = Exposition(CATALOGUE)
    await board.put(("a",), {SEATS: seats("a", 1), TURNS: turns("a", 1)})
    await board.put(("b",), {SEATS: seats("b", 1)})
    await board.put(("a",), {TURNS: []})
    await board.flush()
    assert "copilot_turns" not in plain(board.page)
    await board.remove(("a",))
    await board.flush()
    assert lines(board.page) == {'copilot_seats{account="b"} 1'}
    await board.remove(("b",))
    await board.remove(("never put",))
    await board.flush()
    assert plain(board.page) == ""


async def test_a_page_that_was_handed_out_never_changes() -> None:
    """A scrape that is being written keeps its page while the next one is swapped in."""
    board = Exposition(CATALOGUE)
    await board.put(("a",), {SEATS: seats("a", 1)})
    await board.flush()
    page = board.page
    await board.put(("a",), {SEATS: seats("a", 2)})
    await board.flush()
    assert lines(page) == {'copilot_seats{account="a"} 1'}
    assert board.page is not page


async def test_unknown_metrics_are_refused() -> None:
    """A family outside the catalogue has no place on the page."""
    stranger = Metric("stranger", MetricType.GAUGE, "Not listed.")
    with pytest.raises(CatalogueError, match="stranger"):
        await Exposition(CATALOGUE).put(("a",), {stranger: []})


async def test_a_put_with_a_wrong_point_changes_nothing() -> None:
    """The caller hears of it, and not even the right half of the put is shown."""
    board = Exposition(CATALOGUE)
    await board.put(("a",), {SEATS: seats("a", 1)})
    with pytest.raises(PointError, match="copilot_turns_total"):
        await board.put(("a",), {SEATS: seats("a", 2), TURNS: [Point(("a",), 1)]})
    await board.flush()
    assert lines(board.page) == {'copilot_seats{account="a"} 1'}


async def test_select_finds_families_by_any_of_their_names() -> None:
    """`name[]` takes family names and sample names; unknown names select nothing."""
    board = Exposition(CATALOGUE)
    await board.put(
        ("a",),
        {
            TURNS: turns("a", 1),
            SEATS: seats("a", 1),
            DURATION: [Point((), Histogram(((1.0, 1),), 0.5, 1))],
        },
    )
    await board.flush()

    def selected(*names: str) -> list[str]:
        page = board.page.select(names, Format.PLAIN).decode()
        return [line.split()[2] for line in page.splitlines() if line.startswith("# TYPE")]

    for name in ("copilot_turns", "copilot_turns_total", "copilot_turns_created"):
        assert selected(name) == ["copilot_turns_total"]
    for suffix in ("", "_bucket", "_sum", "_count", "_created"):
        assert selected(f"poll_duration_seconds{suffix}") == ["poll_duration_seconds"]
    assert selected("poll_duration_seconds", "copilot_seats") == [
        "copilot_seats",
        "poll_duration_seconds",
    ]
    assert selected("copilot_seats_total", "copilot", "") == []
    empty = board.page.select(["nothing"], Format.OPENMETRICS)
    assert empty == b"# EOF\n"
    zipped = board.page.select(["copilot_seats"], Format.OPENMETRICS, Encoding.GZIP)
    assert gzip.decompress(zipped) == board.page.select(["copilot_seats"], Format.OPENMETRICS)


sources = st.sampled_from([f"source-{number:02}" for number in range(30)])
# 0 takes the source out; a few series are a short text, hundreds a long one.
sizes = st.sampled_from([0, 1, 2, 20, 150, 900])
operations = st.lists(st.tuples(sources, st.sampled_from([TURNS, SEATS]), sizes), max_size=40)


@given(operations, st.lists(sources, max_size=3), st.integers(1, 10))
async def test_the_page_shows_what_was_put_last(
    puts: list[tuple[str, Metric, int]], removed: list[str], flush_every: int
) -> None:
    """After any puts and removals, short and long, the page is the union of the last texts."""
    board = Exposition(CATALOGUE, Inline())
    shown: dict[tuple[Metric, str], bytes] = {}
    for index, (source, metric, size) in enumerate(puts):
        labels = [(source, f"{index}-{series}") for series in range(size)]
        points = [Point(pair[: len(metric.label_names)], index) for pair in labels]
        await board.put((source,), {metric: points})
        shown[metric, source] = render(metric, points).plain
        if index % flush_every == 0:
            await board.flush()
    for source in removed:
        await board.remove((source,))
        shown[TURNS, source] = shown[SEATS, source] = b""
    await board.flush()
    body = board.page.body(Format.PLAIN, Encoding.IDENTITY)
    rest = body
    for metric in CATALOGUE:
        texts = [text for (owner, _), text in shown.items() if owner is metric and text]
        if texts:
            assert rest.startswith(header(metric).plain)
            rest = rest[len(header(metric).plain) :]
        size = sum(map(len, texts))
        family, rest = rest[:size], rest[size:]
        assert sorted(family.splitlines()) == sorted(b"".join(texts).splitlines())
    assert rest == b""
    assert gzip.decompress(board.page.body(Format.PLAIN, Encoding.GZIP)) == body


async def test_every_page_shows_whole_puts() -> None:
    """While sources put concurrently, each page has one generation per source in all families."""
    with ThreadPoolExecutor(3) as threads:
        board = Exposition(CATALOGUE, threads)
        pages: set[Page] = set()

        async def keep_putting(source: str, series: int) -> None:
            for generation in range(8):
                families: Families = {
                    TURNS: turns(source, generation, series),
                    SEATS: seats(source, generation),
                }
                await board.put((source,), families)
                pages.add(board.page)

        await asyncio.gather(
            *(keep_putting(f"source-{number}", 1 + number * 60) for number in range(5))
        )
        await board.flush()
    pages.add(board.page)
    assert len(pages) > 1
    for page in pages:
        assert page.body(Format.OPENMETRICS, Encoding.IDENTITY).endswith(b"# EOF\n")
        for number in range(5):
            found = [line for line in lines(page) if f'account="source-{number}"' in line]
            assert len({line.rpartition(" ")[2] for line in found}) <= 1
            assert len(found) in (0, 1 + 1 + number * 60)
    assert {line.rpartition(" ")[2] for line in lines(board.page)} == {"7"}


class Gate(ThreadPoolExecutor):
    """Threads whose next task waits until the gate is opened."""

    def __init__(self) -> None:
        super().__init__(2)
        self.opened = threading.Event()
        self.opened.set()
        self.tasks = 0

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        self.tasks += 1

        def wait_then_run() -> Any:
            assert self.opened.wait(10)
            return fn(*args, **kwargs)

        return super().submit(wait_then_run)


async def test_the_loop_runs_while_a_page_is_rendered() -> None:
    """A put that is stuck in its thread keeps neither the loop nor the old page from readers."""
    with Gate() as gate:
        board = Exposition(CATALOGUE, gate)
        gate.opened.clear()
        put = asyncio.create_task(board.put(("a",), {SEATS: seats("a", 1)}))
        for _ in range(5):
            await asyncio.sleep(0)
        assert not put.done()
        assert plain(board.page) == ""
        gate.opened.set()
        await put
        await board.flush()
    assert lines(board.page) == {'copilot_seats{account="a"} 1'}


async def test_puts_during_a_build_share_one_swap() -> None:
    """Ten puts that come while the page is being built cost one more build, not ten."""

    class SlowBuild(Inline):
        """Renders at once, and holds the first build back until told otherwise."""

        def __init__(self) -> None:
            super().__init__()
            self.started = asyncio.Event()

        def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
            if self.calls != 1:
                return super().submit(fn, *args, **kwargs)
            self.calls += 1
            self.held: Future[Any] = Future()
            self.build = fn
            self.started.set()
            return self.held

    threads = SlowBuild()
    board = Exposition(CATALOGUE, threads)
    await board.put(("first",), {SEATS: seats("first", 0)})
    await threads.started.wait()
    for number in range(10):
        await board.put((f"source-{number}",), {SEATS: seats(f"source-{number}", number)})
    threads.held.set_result(threads.build())
    await board.flush()
    assert len(lines(board.page)) == 11
    assert threads.calls == 11 + 2


class StoppedClock:
    """A clock that moves only when told to."""

    def __init__(self) -> None:
        self.now = 1_000.0
        self.sleeps: list[float] = []
        self.asleep = asyncio.Event()
        self.awake = asyncio.Event()

    def time(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.sleeps.append(seconds)
        self.asleep.set()
        await self.awake.wait()
        self.now += seconds


async def test_swaps_keep_their_gap() -> None:
    """The first put is shown at once, the following ones together when the gap is over."""
    clock = StoppedClock()
    board = Exposition(CATALOGUE, Inline(), gap=1.0, clock=clock)
    await board.put(("a",), {SEATS: seats("a", 1)})
    await board.flush()
    clock.now += 0.25
    await board.put(("a",), {SEATS: seats("a", 2)})
    await board.put(("b",), {SEATS: seats("b", 3)})
    await clock.asleep.wait()
    assert lines(board.page) == {'copilot_seats{account="a"} 1'}
    clock.awake.set()
    while board.page.select(["copilot_seats"], Format.PLAIN).count(b"account") < 2:  # noqa: ASYNC110
        await asyncio.sleep(0)
    assert lines(board.page) == {'copilot_seats{account="a"} 2', 'copilot_seats{account="b"} 3'}
    assert clock.sleeps == [0.75]


async def test_flush_does_not_wait_for_the_gap() -> None:
    """Who needs the page gets it without the clock moving, and the gap holds again afterwards."""
    clock = StoppedClock()
    board = Exposition(CATALOGUE, Inline(), gap=1.0, clock=clock)
    for value in range(3):
        await board.flush()
        clock.asleep.clear()
        await board.put(("a",), {SEATS: seats("a", value)})
        if value:
            await clock.asleep.wait()
        await board.flush()
        assert lines(board.page) == {f'copilot_seats{{account="a"}} {value}'}
    assert clock.now == 1_000.0


async def test_a_cancelled_put_shows_nothing_and_blocks_nobody() -> None:
    """A poll that is abandoned half-way leaves the board as it was and usable."""
    with Gate() as gate:
        board = Exposition(CATALOGUE, gate)
        gate.opened.clear()
        put = asyncio.create_task(board.put(("a",), {SEATS: seats("a", 1)}))
        await asyncio.sleep(0)
        put.cancel()
        with pytest.raises(asyncio.CancelledError):
            await put
        gate.opened.set()
        await board.put(("b",), {SEATS: seats("b", 2)})
        await board.flush()
    assert lines(board.page) == {'copilot_seats{account="b"} 2'}
    assert gate.tasks == 3


async def test_a_failed_build_is_told_and_made_up_for() -> None:
    """When the machine fails in a build, flush raises it and the next build has everything."""

    class Failing(Inline):
        def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
            if self.calls == 1:
                self.calls += 1
                future: Future[Any] = Future()
                future.set_exception(MemoryError("no room for a page"))
                return future
            return super().submit(fn, *args, **kwargs)

    board = Exposition(CATALOGUE, Failing())
    await board.put(("a",), {SEATS: seats("a", 1)})
    with pytest.raises(MemoryError):
        await board.flush()
    await board.put(("b",), {SEATS: seats("b", 2)})
    await board.flush()
    assert lines(board.page) == {'copilot_seats{account="a"} 1', 'copilot_seats{account="b"} 2'}


async def test_pages_beyond_a_mebibyte_are_whole_too() -> None:
    """The change of compressor between small and big pages loses nothing."""
    board = Exposition(CATALOGUE)
    for number in range(4):
        await board.put((f"source-{number}",), {TURNS: turns(f"a{number}", number, series=7_000)})
        await board.put((f"short-{number}",), {SEATS: seats(f"a{number}", number)})
    await board.flush()
    assert len(plain(board.page)) > 1024 * 1024
    assert len(lines(board.page)) == 4 * 7_000 + 4
    assert plain(board.page).endswith('copilot_seats{account="a3"} 3\n')

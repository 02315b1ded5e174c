"""The page that `/metrics` serves, rendered when data changes."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from typing import ParamSpec, TypeVar

from exporter.clock import Clock, SystemClock
from exporter.exposition.family import SMALL_PAGE, Family, Share, SourceKey, pack
from exporter.exposition.page import Page, Pieces
from exporter.exposition.render import slices
from exporter.model import Metric, Point

_Arguments = ParamSpec("_Arguments")
_Result = TypeVar("_Result")


class CatalogueError(LookupError):
    """A metric was put on the page that the catalogue does not list."""


class Exposition:
    """Keeps what every source shows and swaps in a whole page after changes.

    All methods belong to one event loop; rendering and compressing run in `executor` (default: the
    loop's own threads). Families stand in the order of the catalogue. Between two swaps pass at
    least `gap` seconds, so that many small puts share one; `flush` does not wait for that.
    """

    def __init__(
        self,
        catalogue: Sequence[Metric],
        executor: Executor | None = None,
        *,
        gap: float = 0.0,
        clock: Clock | None = None,
    ) -> None:
        self._catalogue = tuple(catalogue)
        self._executor = executor
        self._gap = gap
        self._clock = clock or SystemClock()
        self._built_at: float | None = None
        self._urgent = asyncio.Event()
        self._waiting: list[asyncio.Future[None]] = []
        self._page = Page({})
        self._shown: dict[SourceKey, set[Metric]] = {}
        self._changes: dict[tuple[Metric, SourceKey], Share | None] = {}
        # First come, first served: a source's later put never loses to its earlier one.
        self._turn = asyncio.Lock()
        self._builder: asyncio.Task[None] | None = None
        # What the builder's thread owns; it runs one build at a time.
        self._families = {metric: Family(metric) for metric in self._catalogue}
        self._built: dict[Metric, Pieces] = {}
        self._fast = False

    @property
    def page(self) -> Page:
        """The page as of the last swap."""
        return self._page

    async def put(self, source: SourceKey, families: Mapping[Metric, Sequence[Point]]) -> None:
        """Replace what `source` shows of these families; no points take it out of a family.

        Returns when the texts are rendered; the page follows (`flush`). All families of one put
        appear on the same page. Points that do not fit their metric raise `PointError` and change
        nothing.
        """
        for metric in families:
            if metric not in self._families:
                raise CatalogueError(
                    f"{metric.name} is not in the catalogue of the page (put by {'/'.join(source)}); list it "
                    "in the table of its vendor"
                )
        async with self._turn:
            shares = await self._in_thread(self._render, families)
            shown = self._shown.setdefault(source, set())
            for metric, share in shares.items():
                self._changes[metric, source] = share
                if share is None:
                    shown.discard(metric)
                else:
                    shown.add(metric)
            if not shown:
                del self._shown[source]
            self._build()

    async def remove(self, source: SourceKey) -> None:
        """Take everything that `source` shows off the page."""
        async with self._turn:
            for metric in self._shown.pop(source, ()):
                self._changes[metric, source] = None
            self._build()

    async def flush(self) -> None:
        """Wait until everything that was put is on the page."""
        async with self._turn:
            shown = asyncio.get_running_loop().create_future()
            self._waiting.append(shown)
            self._urgent.set()
            self._build()
        await shown

    def _build(self) -> None:
        if (self._changes or self._waiting) and (self._builder is None or self._builder.done()):
            self._builder = asyncio.get_running_loop().create_task(self._swap())

    async def _swap(self) -> None:
        while self._changes or self._waiting:
            await self._keep_gap()
            self._urgent.clear()
            changes, self._changes = self._changes, {}
            waiting, self._waiting = self._waiting, []
            try:
                if changes:
                    self._page = await self._in_thread(self._assemble, changes)
                    self._built_at = self._clock.time()
            except BaseException as error:
                # Nothing put is lost: the next build takes it up again.
                self._changes = changes | self._changes
                _settle(waiting, error)
                if not waiting or not isinstance(error, Exception):
                    raise
                if not self._waiting:
                    return
            else:
                _settle(waiting)

    async def _keep_gap(self) -> None:
        """Wait until the last swap is `gap` seconds ago or somebody flushes."""
        if self._built_at is None or self._urgent.is_set():
            return
        # Where the clock was set back, the page must not wait longer than the gap.
        rest = min(self._built_at + self._gap - self._clock.time(), self._gap)
        if rest <= 0:
            return
        waits = [
            asyncio.ensure_future(self._clock.sleep(rest)),
            asyncio.ensure_future(self._urgent.wait()),
        ]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()

    def _render(self, families: Mapping[Metric, Sequence[Point]]) -> dict[Metric, Share | None]:
        return {
            metric: pack(slices(metric, points), fast=self._fast)
            for metric, points in families.items()
        }

    def _assemble(self, changes: Mapping[tuple[Metric, SourceKey], Share | None]) -> Page:
        for (metric, source), share in changes.items():
            self._families[metric].replace(source, share)
        for metric in {metric for metric, _ in changes}:
            pieces = self._families[metric].pieces(fast=self._fast)
            if pieces is None:
                self._built.pop(metric, None)
            else:
                self._built[metric] = pieces
        size = sum(piece.length for pieces in self._built.values() for piece in pieces.plain)
        self._fast = size > SMALL_PAGE
        return Page(
            {metric: self._built[metric] for metric in self._catalogue if metric in self._built}
        )

    async def _in_thread(
        self,
        function: Callable[_Arguments, _Result],
        *args: _Arguments.args,
        **kwargs: _Arguments.kwargs,
    ) -> _Result:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._executor, lambda: function(*args, **kwargs))


def _settle(futures: Sequence[asyncio.Future[None]], error: BaseException | None = None) -> None:
    for future in futures:
        if future.done():
            continue
        if error is None:
            future.set_result(None)
        elif isinstance(error, Exception):
            future.set_exception(error)
        else:
            future.cancel()

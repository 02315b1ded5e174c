"""The board: the page that `/metrics` serves, rendered when data changes."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from typing import ParamSpec, TypeVar

from exporter.board.family import Family, Share, pack
from exporter.board.page import Page, Pieces
from exporter.board.render import render
from exporter.model import Metric, Point

# Above this, compressing well takes longer than it is worth.
_SMALL_PAGE = 1024 * 1024

_Arguments = ParamSpec("_Arguments")
_Result = TypeVar("_Result")


class CatalogueError(LookupError):
    """A metric was put on the board that its catalogue does not list."""


class Board:
    """Keeps what every source shows and swaps in a whole page after changes.

    All methods belong to one event loop; rendering and compressing run in `executor` (default: the
    loop's own threads). Families stand in the order of the catalogue.
    """

    def __init__(self, catalogue: Sequence[Metric], executor: Executor | None = None) -> None:
        self._catalogue = tuple(catalogue)
        self._executor = executor
        self._page = Page({})
        self._shown: dict[str, set[Metric]] = {}
        self._changes: dict[tuple[Metric, str], Share | None] = {}
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

    async def put(self, source: str, families: Mapping[Metric, Sequence[Point]]) -> None:
        """Replace what `source` shows of these families; no points take it out of a family.

        Returns when the texts are rendered; the page follows (`flush`). All families of one put
        appear on the same page. Points that do not fit their metric raise `PointError` and change
        nothing.
        """
        for metric in families:
            if metric not in self._families:
                raise CatalogueError(
                    f"{metric.name} is not in the catalogue of the board (put by {source}); list it "
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

    async def remove(self, source: str) -> None:
        """Take everything that `source` shows off the page."""
        async with self._turn:
            for metric in self._shown.pop(source, ()):
                self._changes[metric, source] = None
            self._build()

    async def flush(self) -> None:
        """Wait until everything that was put is on the page."""
        async with self._turn:
            self._build()
            builder = self._builder
        if builder is not None:
            # Whoever waits may be cancelled; the build serves the others too.
            await asyncio.shield(builder)

    def _build(self) -> None:
        if self._changes and (self._builder is None or self._builder.done()):
            self._builder = asyncio.get_running_loop().create_task(self._swap())

    async def _swap(self) -> None:
        while self._changes:
            changes, self._changes = self._changes, {}
            try:
                self._page = await self._in_thread(self._assemble, changes)
            except BaseException:
                # Nothing put is lost: the next build takes it up again.
                self._changes = changes | self._changes
                raise

    def _render(self, families: Mapping[Metric, Sequence[Point]]) -> dict[Metric, Share | None]:
        texts = {metric: render(metric, points) for metric, points in families.items() if points}
        fast = self._fast or sum(len(text.plain) for text in texts.values()) > _SMALL_PAGE
        return {
            metric: pack(texts[metric], fast=fast) if metric in texts else None
            for metric in families
        }

    def _assemble(self, changes: Mapping[tuple[Metric, str], Share | None]) -> Page:
        for (metric, source), share in changes.items():
            self._families[metric].replace(source, share)
        for metric in {metric for metric, _ in changes}:
            pieces = self._families[metric].pieces(fast=self._fast)
            if pieces is None:
                self._built.pop(metric, None)
            else:
                self._built[metric] = pieces
        size = sum(piece.length for pieces in self._built.values() for piece in pieces.plain)
        self._fast = size > _SMALL_PAGE
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

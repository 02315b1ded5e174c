"""Cursor's numbered pages, each of which says whether there are more and how many rows all of them have."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Hashable, Sequence
from contextlib import aclosing
from typing import Any, ClassVar, TypeAlias, TypeVar

import msgspec

from exporter.streams import kit
from exporter.vendors.cursor.vendor import LONGEST_RANGE

ONE: dict[str, str | int] = {"page": 1, "pageSize": 1}
"""The parameters for the first row of a list."""


class Pagination(msgspec.Struct, rename="camel", kw_only=True):
    """Where a page stands; each list has its own name for how many there are in all."""

    ignored: ClassVar[frozenset[str]] = kit.names("page pageSize totalPages hasPreviousPage")

    has_next_page: bool
    total_items: kit.Count | None = None
    total_count: kit.Count | None = None
    total_users: kit.Count | None = None

    @property
    def total(self) -> int:
        """How many rows, or members, all pages have; 0 where nobody says."""
        return self.total_items or self.total_count or self.total_users or 0


class Paged(msgspec.Struct, kw_only=True):
    """What every page has; a subclass has its rows."""

    pagination: Pagination


PagedT = TypeVar("PagedT", bound=Paged)
Asked: TypeAlias = Callable[[kit.Source[Any, Any], kit.Window], kit.Request]
"""How a stream asks for the rows of a window."""


async def pages(
    source: kit.Source[Any, Any],
    request: kit.Request,
    kind: type[PagedT],
    rows: Callable[[PagedT], Sequence[Any]],
    size: int,
    *,
    counted: bool = True,
) -> AsyncGenerator[PagedT, None]:
    """The pages of a list with `size` rows each. Use it within `aclosing`."""
    paging: kit.BodyFlag[PagedT] = kit.BodyFlag(
        more=lambda page: page.pagination.has_next_page,
        page_param="page",
        size_param="pageSize",
        size=size,
    )
    async with aclosing(source.pages(request, paging, kind, rows, counted=counted)) as found:
        async for page in found:
            yield page


async def whole(
    source: kit.Source[Any, Any],
    request: kit.Request,
    kind: type[PagedT],
    rows: Callable[[PagedT], Sequence[Any]],
    size: int,
) -> AsyncGenerator[Sequence[Any], None]:
    """The rows of all pages; raises SchemaError where there are fewer than the last one announces."""
    before, total = source.rows_of(request.endpoint), 0
    async with aclosing(pages(source, request, kind, rows, size)) as found:
        async for page in found:
            total = page.pagination.total
            yield rows(page)
    read = source.rows_of(request.endpoint) - before
    if read < total:
        raise kit.SchemaError(
            f"{request.endpoint.path}: {read} rows came although {total} were announced"
        )


def ranges(options: kit.CountingOptions) -> int:
    """In how many ranges a poll asks for its lookback."""
    return 1 + options.lookback // LONGEST_RANGE


def one_of_yesterday(asked: Asked) -> Callable[[kit.Source[Any, Any]], kit.Request]:
    """Asks for one row of the last whole day, as a probe does."""

    def request(source: kit.Source[Any, Any]) -> kit.Request:
        today = kit.floor(source.now, kit.DAY)
        return asked(source, kit.Window(today - kit.DAY, today)).with_parameters(ONE)

    return request


def rows_in(
    asked: Asked,
    kind: type[PagedT],
    events: Callable[[PagedT], Sequence[Any]],
    size: int,
) -> Callable[[kit.Source[Any, Any], kit.Add], Awaitable[None]]:
    """Reads the events of a window, each of which tells its `row`, in ranges that Cursor answers."""

    async def read(source: kit.Source[Any, Any], add: kit.Add) -> None:
        for window in source.window.split(LONGEST_RANGE):
            found = whole(source, asked(source, window), kind, events, size)
            async with aclosing(found) as pages:
                async for page in pages:
                    add(event.row for event in page)

    return read


def by_id(
    count: Callable[[kit.Row, int, kit.Tally], Hashable],
) -> Callable[[kit.Source[Any, Any], int], kit.Distinct]:
    """Adds up events with an id and a `timestamp`, each once."""

    def sums(source: kit.Source[Any, Any], settled_day: int) -> kit.Distinct:
        return kit.Distinct(count, lambda _: "timestamp", source.reject, settled_day=settled_day)

    return sums

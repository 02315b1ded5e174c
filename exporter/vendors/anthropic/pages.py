"""The two ways in which Anthropic cuts lists: reports by a token, lists by the last id."""

from collections.abc import Callable, Sequence
from contextlib import aclosing
from typing import Any, ClassVar, TypeVar

import msgspec

from exporter.streams import kit

ROWS_A_PAGE = 1_000
RowT = TypeVar("RowT")


class Report(msgspec.Struct, kw_only=True):
    """A page of a report; a subclass has its rows or buckets. Some reports have no `has_more`."""

    has_more: bool | None = None
    next_page: str | None = None

    @property
    def following(self) -> str | None:
        """The token that asks for the next page."""
        return _token(self.has_more, self.next_page, "next_page")


class Listed(msgspec.Struct, kw_only=True):
    """A page of a list; a subclass has its rows."""

    ignored: ClassVar[frozenset[str]] = kit.names("first_id")

    has_more: bool
    last_id: str | None = None

    @property
    def following(self) -> str | None:
        """The token that asks for the next page."""
        return _token(self.has_more, self.last_id, "last_id")


ListedT = TypeVar("ListedT", bound=Listed)


def report_pages(size: int) -> kit.Chained[Report]:
    """The pages of a report with `size` rows or buckets each."""
    return kit.Chained(following=lambda page: page.following, param="page", size=size)


async def everything(
    source: kit.Source[Any, Any],
    request: kit.Request,
    kind: type[ListedT],
    rows: Callable[[ListedT], Sequence[RowT]],
) -> list[RowT]:
    """The rows of all pages of a list."""
    by_id: kit.Chained[Listed] = kit.Chained(
        following=lambda page: page.following, param="after_id", size=ROWS_A_PAGE
    )
    found: list[RowT] = []
    async with aclosing(source.pages(request, by_id, kind, rows)) as pages:
        async for page in pages:
            found += rows(page)
    return found


def _token(has_more: bool | None, token: str | None, name: str) -> str | None:
    """The token of the next page; SchemaError where there is a page that nothing leads to."""
    if has_more and not token:
        raise kit.SchemaError(
            f"has_more is true, and there is no `$.{name}` that leads to the rest"
        )
    return None if has_more is False else token or None

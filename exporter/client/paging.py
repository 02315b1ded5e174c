"""The ways in which vendors cut long lists into pages."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from exporter.client.errors import SchemaError
from exporter.client.request import Answer, Request

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)
T_contra = TypeVar("T_contra", contravariant=True)

_LINK = re.compile(r"<([^<>]*)>((?:\s*;\s*[\w*-]+\s*(?:=\s*(?:\"[^\"]*\"|[^\s\",;]*))?)*)")
_REL = re.compile(r";\s*rel\s*=\s*(?:\"([^\"]*)\"|([^\s\",;]*))", re.IGNORECASE)

MOST_PAGES = 2_000
"""A longer list counts as endless: this is 200,000 rows, a hundred a page, in half an hour."""
MOST_EMPTY = 20
"""How many pages in a row may be empty: some vendors filter rows after cutting a list into pages."""


@dataclass(frozen=True, slots=True)
class Page(Generic[T_co]):
    """One answer of a list, decoded: its value and how many rows it has."""

    answer: Answer
    value: T_co
    count: int


class Paging(Protocol[T_contra]):
    """How to ask for the first page, and for the one after a page (None: that was the last)."""

    def first(self, request: Request) -> Request: ...

    def next(self, request: Request, page: Page[T_contra]) -> Request | None: ...


@dataclass(frozen=True, slots=True)
class _Numbered:
    """Pages with numbers, of a fixed size."""

    page_param: str = "page"
    size_param: str = "per_page"
    size: int = 100
    first_page: int = 1

    def first(self, request: Request) -> Request:
        return request.with_parameters(
            {self.page_param: self.first_page, self.size_param: self.size}
        )


@dataclass(frozen=True, slots=True)
class PageNumber(_Numbered):
    """Numbered pages of a fixed size; a short page is the last.

    `size` must be one that the vendor accepts: a first page with fewer rows looks like the last.
    """

    def next(self, request: Request, page: Page[object]) -> Request | None:
        return None if page.count < self.size else _turned(request, self.page_param)


@dataclass(frozen=True, slots=True, kw_only=True)
class BodyFlag(_Numbered, Generic[T]):
    """Numbered pages where the body says whether there are more."""

    more: Callable[[T], bool]

    def next(self, request: Request, page: Page[T]) -> Request | None:
        return _turned(request, self.page_param) if self.more(page.value) else None


@dataclass(frozen=True, slots=True)
class Offset(Generic[T]):
    """Rows from an offset; `next_offset` reads the next one from the page (None: the last).

    Without it a short page is the last.
    """

    next_offset: Callable[[T], int | None] | None = None
    offset_param: str = "offset"
    size_param: str = "limit"
    size: int = 100

    def first(self, request: Request) -> Request:
        return request.with_parameters({self.offset_param: 0, self.size_param: self.size})

    def next(self, request: Request, page: Page[T]) -> Request | None:
        here = _number(request, self.offset_param)
        if self.next_offset is not None:
            offset = self.next_offset(page.value)
        else:
            offset = None if page.count < self.size else here + page.count
        if offset is None:
            return None
        if offset <= here:
            raise SchemaError(
                f"{request.label}: the next offset {offset} is not beyond this page's {here}"
            )
        return request.with_parameters({self.offset_param: offset})


@dataclass(frozen=True, slots=True, kw_only=True)
class Chained(Generic[T]):
    """Pages of which each names the token that asks for the one after it (None: it was the last)."""

    following: Callable[[T], str | None]
    param: str
    size: int
    size_param: str = "limit"

    def first(self, request: Request) -> Request:
        return request.with_parameters({self.size_param: self.size})

    def next(self, request: Request, page: Page[T]) -> Request | None:
        token = self.following(page.value)
        return None if token is None else request.with_parameters({self.param: token})


@dataclass(frozen=True, slots=True)
class LinkHeader:
    """Pages chained by `Link: <...>; rel="next"`, followed as given.

    With `page_param`, a vendor that sends no Link header at all is read by page number.
    """

    size_param: str | None = "per_page"
    size: int = 100
    page_param: str | None = None

    def first(self, request: Request) -> Request:
        if self.size_param is None:
            return request
        return request.with_parameters({self.size_param: self.size})

    def next(self, request: Request, page: Page[object]) -> Request | None:
        link = page.answer.headers.get("link")
        if link is not None:
            url = next_link(link)
            return None if url is None else request.continued_at(url)
        if self.page_param is None or request.url is not None or page.count < self.size:
            return None
        return _turned(request, self.page_param)


def next_link(header: str) -> str | None:
    """The target of `rel="next"` in a Link header."""
    for target, parameters in _LINK.findall(header):
        found = _REL.search(parameters)
        if found and "next" in (found[1] or found[2] or "").lower().split():
            return str(target)
    return None


def _number(request: Request, name: str) -> int:
    value = request.parameter(name)
    if not isinstance(value, int):
        raise TypeError(f"{request.label}: the parameter {name} is not a number")
    return value


def _turned(request: Request, page_param: str) -> Request:
    """The request for the next page; a request without a page number was for the first."""
    number = 1 if request.parameter(page_param) is None else _number(request, page_param)
    return request.with_parameters({page_param: number + 1})

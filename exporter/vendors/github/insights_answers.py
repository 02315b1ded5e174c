"""What API Insights answers for a window, decoded."""

from collections.abc import Mapping
from contextlib import aclosing
from datetime import UTC, datetime
from typing import Any

from exporter.client.client import Endpoint, Request
from exporter.client.paging import LinkHeader
from exporter.model import Window
from exporter.streams.payload import decode, drift
from exporter.vendors.base import Poll, Reading
from exporter.vendors.github.insights_api import Summary, TimeStat
from exporter.vendors.github.insights_options import Options
from exporter.vendors.github.vendor import GithubTarget

PAGE_SIZE = 100


class Answers:
    """Asks for one window of an endpoint; tells the reading of records and of unknown fields."""

    def __init__(self, poll: Poll[GithubTarget, Options], reading: Reading) -> None:
        self._client = poll.client
        self._org = str(poll.target.org)
        self._max_pages = poll.options.max_pages
        self._reading = reading

    async def total(self, window: Window, endpoint: Endpoint, path: Mapping[str, str]) -> Summary:
        answer = await self._client.get(self._request(endpoint, path, window))
        summary: Summary = self._decode(answer.body, Summary, endpoint)
        return summary

    async def slices(
        self, window: Window, endpoint: Endpoint, path: Mapping[str, str]
    ) -> list[TimeStat]:
        """The window in slices of five minutes."""
        request = self._request(endpoint, path, window, timestamp_increment="5m")
        answer = await self._client.get(request)
        rows: list[TimeStat] = self._decode(answer.body, list[TimeStat], endpoint)
        return rows

    async def rows(
        self, window: Window, endpoint: Endpoint, path: Mapping[str, str], kind: Any
    ) -> tuple[list[Any], bool]:
        """All rows of a list by identity, and whether it was cut at the page limit."""
        found: dict[str, Any] = {}
        read = 0

        def decoded(body: bytes) -> tuple[list[Any], int]:
            page = self._decode(body, kind, endpoint)
            return page, len(page)

        paging = LinkHeader(size=PAGE_SIZE, page_param="page")
        request = self._request(endpoint, path, window)
        async with aclosing(self._client.pages(request, paging, decoded)) as pages:
            async for page in pages:
                read += 1
                found.update((row.identity, row) for row in page)
                if read == self._max_pages:
                    return list(found.values()), bool(page)
        return list(found.values()), False

    def _decode(self, body: bytes, kind: Any, endpoint: Endpoint) -> Any:
        decoded = decode(body, kind, endpoint.path)
        self._reading.drift.update(drift(body, kind))
        self._reading.records += len(decoded) if isinstance(decoded, list) else 1
        return decoded

    def _request(
        self, endpoint: Endpoint, path: Mapping[str, str], window: Window, **query: str | int
    ) -> Request:
        return Request(
            endpoint,
            {"org": self._org, **path},
            {"min_timestamp": _iso(window.start), "max_timestamp": _iso(window.end), **query},
        )


def _iso(moment: int) -> str:
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

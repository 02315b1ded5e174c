"""Records the exchanges with a vendor, below the client."""

from collections.abc import Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime

import httpx

_last: ContextVar["Exchange | None"] = ContextVar("last_exchange", default=None)
_refused: ContextVar["Tunnel | None"] = ContextVar("refused_tunnel", default=None)


@dataclass(frozen=True, slots=True)
class Tunnel:
    """A proxy's refusal of a tunnel: where it was to lead, and the proxy's answer."""

    url: httpx.URL
    answer: str


@dataclass(frozen=True, slots=True)
class Exchange:
    """When a request was sent and its answer began, with the answer's status and headers."""

    sent: float
    received: float
    host: str
    status: int
    headers: Mapping[str, str]

    @property
    def skew(self) -> float | None:
        """How many seconds our clock is ahead of the vendor's; None where the answer has no date.

        A `Date` has whole seconds: its middle is compared with the middle of the exchange.
        """
        try:
            stated = parsedate_to_datetime(self.headers.get("date", ""))
            stated = stated if stated.tzinfo else stated.replace(tzinfo=UTC)
            moment = stated.timestamp()
        except (ValueError, OverflowError):
            # Not a date in any format: as if the header were not there.
            return None
        age = self.headers.get("age", "")
        cached_for = int(age[:9]) if age.isascii() and age.isdecimal() else 0
        return (self.sent + self.received) / 2 - (moment + cached_for + 0.5)


class Overheard(httpx.AsyncBaseTransport):
    """A transport that keeps all exchanges, and the last one of each task."""

    def __init__(self, transport: httpx.AsyncBaseTransport, time: Callable[[], float]) -> None:
        self._transport = transport
        self._time = time
        self.all: list[Exchange] = []

    @staticmethod
    def forget() -> None:
        """Begin anew in this task, which has inherited the last exchange of the one that made it."""
        _last.set(None)
        _refused.set(None)

    @property
    def refused_tunnel(self) -> Tunnel | None:
        """What the proxy refused in the last exchange of the task that asks."""
        return _refused.get()

    @property
    def last(self) -> Exchange | None:
        """The last exchange of the task that asks."""
        return _last.get()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.forget()
        sent = self._time()
        try:
            response = await self._transport.handle_async_request(request)
        except httpx.ProxyError as error:
            _refused.set(Tunnel(request.url, str(error)))
            raise
        heard = Exchange(
            sent, self._time(), request.url.host, response.status_code, response.headers
        )
        _last.set(heard)
        self.all.append(heard)
        return response

    async def aclose(self) -> None:
        await self._transport.aclose()

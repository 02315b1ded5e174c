"""What a client is given besides its credential and limits."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

import httpx

from exporter.client.reaching import Unreached
from exporter.client.request import Endpoint


@dataclass(frozen=True, slots=True)
class ClientSettings:
    """How one target is reached. `timeout` bounds each wait for data, ten times as long an exchange.

    `max_body` bounds an answer in memory, `max_stream` one that is streamed, both decompressed.
    A stream may take 120 times `timeout`. `limited_wait` is the shortest wait for a rate limit
    that comes without a time, `tries` how often a request is made before it fails. `expiry_header` is the
    header by which the vendor tells when the credential ends.
    """

    base_url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    user_agent: str = "usage-exporter"
    timeout: float = 30.0
    max_body: int = 64 * 1024**2
    max_wait: float = 120.0
    proxy: str | None = field(default=None, repr=False)
    ca_file: str | None = None
    max_cached: int = 16 * 1024**2
    max_stream: int = 4 * 1024**3
    limited_wait: float = 60.0
    tries: int = 3
    expiry_header: str = ""
    origin: httpx.URL = field(init=False, repr=False)
    """Whose answers count as the vendor's, and to whom the credential is sent."""

    def __post_init__(self) -> None:
        try:
            url = httpx.URL(self.base_url)
        except httpx.InvalidURL as error:
            raise ValueError(f"base_url is not a URL: {error}") from error
        if url.scheme not in ("http", "https") or not url.host:
            raise ValueError("base_url must be an absolute http or https URL")
        if url.userinfo or url.query or url.fragment:
            raise ValueError("base_url must have no user name, query or fragment")
        object.__setattr__(self, "origin", url)


class Observer(Protocol):
    """Counts what the client does."""

    def requested(self, endpoint: Endpoint, code: str) -> None:
        """An exchange ended: with an HTTP status, or `error` without a whole answer."""

    def waited(self, seconds: float) -> None:
        """A request was held back, by pace or before another try."""

    def reached(self, problem: Unreached | None) -> None:
        """The vendor's server was reached, or why it was not."""

    def answered(self, seconds: float) -> None:
        """The headers of an answer came, or a request failed without, so long after it was sent."""

    def credential_ends(self, moment: float | None) -> None:
        """The vendor accepted the credential, and told when it ends (Unix seconds) or nothing of it."""

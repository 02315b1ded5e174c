"""What is asked of a vendor and what it answers."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias
from urllib.parse import quote, urlencode

import httpx

from exporter.client.errors import SchemaError

_HIGHEST_PORT = 65535
_FIELD = re.compile(r"\{(\w+)\}")

Parameter: TypeAlias = str | int | Sequence[str]
"""The value of a parameter of a query; one with several values is repeated."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A path template such as `/orgs/{org}/teams` and the group whose pace it shares.

    The template is the `endpoint` label of the request counter. `conditional` sends ETags back. A
    `free` one does not count against the quota that the headers of its answer tell of. `headers` go with
    its requests besides those of the target.
    """

    path: str
    group: str
    conditional: bool = False
    free: bool = False
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Request:
    """One question to an endpoint; values of the path are encoded as one segment each.

    `idempotent` says whether it may be sent twice when nobody knows if it arrived (default: GET). `url` is
    one that the vendor gave; `signed` says that it is its own credential, `continued` that it is the next
    page of the list that endpoint and path name.
    """

    endpoint: Endpoint
    path: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, Parameter] = field(default_factory=dict, repr=False)
    method: str = "GET"
    json: object = field(default=None, repr=False)
    idempotent: bool | None = None
    url: str | None = field(default=None, repr=False)
    signed: bool = False
    continued: bool = False

    @classmethod
    def at(cls, endpoint: Endpoint, url: str) -> "Request":
        """Follow a URL that the vendor gave; it must be on the vendor's own origin."""
        return cls(endpoint, url=url)

    @classmethod
    def signed_link(cls, endpoint: Endpoint, url: str) -> "Request":
        """Download from a signed link, which may be on any host; our credential is not sent."""
        return cls(endpoint, url=url, signed=True)

    @classmethod
    def reading_post(cls, endpoint: Endpoint, body: Mapping[str, Any]) -> "Request":
        """Ask with a JSON body: a POST that only reads, and so may be sent twice."""
        return cls(endpoint, method="POST", json=body, idempotent=True)

    def continued_at(self, url: str) -> "Request":
        """The request for the next page of this list, at a URL that the vendor gave."""
        return replace(self, url=url, continued=True)

    @property
    def label(self) -> str:
        """Its name in messages, without host, values and query."""
        return f"{self.method} {self.endpoint.path}"

    @property
    def repeatable(self) -> bool:
        return self.method == "GET" if self.idempotent is None else self.idempotent

    def parameter(self, name: str) -> object:
        """A parameter of the query, or of the JSON body where the request has one."""
        source = self.json if isinstance(self.json, Mapping) else self.query
        return source.get(name)

    def with_parameters(self, parameters: Mapping[str, Parameter]) -> "Request":
        """The request with more parameters, in the JSON body where it has one."""
        if isinstance(self.json, Mapping):
            return replace(self, json={**self.json, **parameters})
        return replace(self, query={**self.query, **parameters})

    def resolve(self, base_url: str) -> httpx.URL:
        """The absolute URL; one that a vendor gave is checked, and never quoted in the error."""
        own = base_url.rstrip("/") + self._filled() if self.url is None or self.continued else ""
        if self.url is None:
            query = f"?{urlencode(self.query, doseq=True, quote_via=quote)}" if self.query else ""
            return httpx.URL(own + query)
        base = httpx.URL(base_url)
        url = _parsed(base, self.url, self.label)
        if self.signed or same_origin(url, base):
            return _kept_safe(base, url, self.label)
        if self.continued and url.query:
            # A gateway that passes links on unchanged: its own path leads to the same list.
            return httpx.URL(own).copy_with(query=url.query)
        raise SchemaError(
            f"{self.label}: the vendor links to another host ({url.host}); the credential is not sent "
            "there. Let a gateway in between rewrite links, or set base_url to the vendor's own address"
        )

    def _filled(self) -> str:
        unknown = self.path.keys() - set(_FIELD.findall(self.endpoint.path))
        if unknown:
            raise ValueError(f"{self.endpoint.path} has no {sorted(unknown)}")

        def segment(found: re.Match[str]) -> str:
            value = self.path[found[1]]
            if value in ("", ".", ".."):
                raise SchemaError(f"{self.label}: {value!r} cannot stand for {found[0]} in a URL")
            return quote(value, safe="")

        return _FIELD.sub(segment, self.endpoint.path)


@dataclass(frozen=True, slots=True)
class Answer:
    """A complete answer, decompressed; `from_cache` when the vendor said it had not changed."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    from_cache: bool = False


def same_origin(one: httpx.URL, other: httpx.URL) -> bool:
    """Whether scheme, host and port agree."""
    return (one.scheme, one.raw_host, one.port) == (other.scheme, other.raw_host, other.port)


def join(base: httpx.URL, location: str, label: str) -> httpx.URL:
    """The URL of a link or redirect seen at `base`; SchemaError for one that is unsafe to follow."""
    return _kept_safe(base, _parsed(base, location, label), label)


def _parsed(base: httpx.URL, location: str, label: str) -> httpx.URL:
    try:
        url = base.join(location).copy_with(fragment=None)
    except (httpx.InvalidURL, ValueError):
        url = None
    usable = url is not None and url.scheme in ("http", "https") and url.host
    if url is None or not usable or (url.port or 0) > _HIGHEST_PORT:
        raise SchemaError(f"{label}: the vendor gave a link that is not an http(s) URL")
    if url.userinfo:
        raise SchemaError(f"{label}: the vendor gave a link with a user name in it")
    return url


def _kept_safe(base: httpx.URL, url: httpx.URL, label: str) -> httpx.URL:
    if base.scheme == "https" and url.scheme == "http":
        raise SchemaError(f"{label}: the vendor links from https to http ({url.host}); refused")
    return url

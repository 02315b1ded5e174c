"""What a vendor declares: its targets, its streams, its limits, its credential."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, Generic, Literal, TypeVar

import httpx
from pydantic import BeforeValidator, Field, create_model, field_validator

from exporter import __version__
from exporter.client.auth import Credential
from exporter.client.client import Client, ClientSettings
from exporter.client.connection import proxy_at
from exporter.client.errors import PollError
from exporter.client.pace import Limit
from exporter.config.base import ConfigModel
from exporter.config.durations import Duration
from exporter.config.token_auth import TokenAuth
from exporter.model import MINUTE
from exporter.streams.contract import AnyStream
from exporter.streams.options import StreamOptions
from exporter.streams.probe import Diagnosis

BASE_URL = r"^https?://[^\s?#/@]+(/[^\s?#]*)?$"
"""An address without user name, query and fragment."""


class Target(ConfigModel):
    """One configured account of a vendor."""

    vendor: str
    account: str = Field(min_length=1, max_length=200)
    """The value of the label `account`; unique per vendor."""
    base_url: str = Field(pattern=BASE_URL)
    """Where the vendor's API is."""
    auth: TokenAuth
    """Where the credential comes from."""
    requests_per_minute: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    """Replaces the vendor's documented limits, for every endpoint group of this target."""
    timeout: Duration = Field(default=30, ge=1, le=600)
    """How long one request may take without progress."""
    proxy: str | None = None
    """The HTTP proxy to use; environment variables are not read."""
    ca_file: str | None = None
    """A bundle of certificate authorities to trust instead of the built-in one."""
    streams: Any

    @field_validator("base_url")
    @classmethod
    def _possible_port(cls, base_url: str) -> str:
        try:
            port = httpx.URL(base_url).port
        except httpx.InvalidURL as error:
            # Its message may repeat a password that looks like a port.
            raise ValueError("is not a URL: check its host and port") from error
        if port is not None and not 0 < port < 65_536:
            raise ValueError(f"has the port {port}; a port is a number from 1 to 65535")
        return base_url

    @field_validator("proxy")
    @classmethod
    def _usable_proxy(cls, proxy: str | None) -> str | None:
        if proxy is not None:
            proxy_at(proxy)
        return proxy

    def client_settings(self, headers: Mapping[str, str]) -> ClientSettings:
        """What the client needs to know of this target; `headers` go with every request."""
        return ClientSettings(
            base_url=self.base_url,
            headers=headers,
            user_agent=f"usage-exporter/{__version__}",
            timeout=self.timeout,
            proxy=self.proxy,
            ca_file=self.ca_file,
        )

    @property
    def place(self) -> str:
        """What is read, where, and with which credential, in words."""
        return f"{self.base_url} with the credential in {self.auth.place}"

    def quotas(self) -> frozenset[str]:
        """Keys of the quotas that this target uses: targets with a key in common share its limit."""
        return self._credential_source()

    def reads(self) -> frozenset[str]:
        """What the target reads, in words: two targets with one in common count it twice.

        Where nothing else tells which account it is, the credential does.
        """
        return self._credential_source()

    def _credential_source(self) -> frozenset[str]:
        auth = self.auth
        if auth.token_file is not None:
            return frozenset({f"file {Path(auth.token_file).resolve()}"})
        return frozenset({f"variable {auth.token_env}"} if auth.token_env else ())


class OrganizationTarget(Target):
    """A target that may name its organization by its id; a subclass documents the key."""

    organization_id: str | None = Field(default=None, pattern=r"^[A-Za-z0-9_-]+$")

    @property
    def same_organization(self) -> str | None:
        """The id in the one form that two targets of an organization have in common."""
        return self.organization_id

    @property
    def place(self) -> str:
        """The organization where it is named, where its API is, and with which credential it is read."""
        own = self.organization_id
        return f"organization {own} at {super().place}" if own else super().place

    def quotas(self) -> frozenset[str]:
        """A vendor may limit what is asked of an organization, whichever of its credentials asks."""
        return super().quotas() | self._organization()

    def reads(self) -> frozenset[str]:
        """The organization, or else that of the credential."""
        return self._organization() or super().reads()

    def _organization(self) -> frozenset[str]:
        own = self.same_organization
        return frozenset({f"organization {own}"} if own else ())


TargetT = TypeVar("TargetT", bound=Target)


@dataclass(frozen=True, slots=True)
class Vendor(Generic[TargetT]):
    """A kind of service. `limits` gives the documented limits by endpoint group.

    `credential` is given a client without one, for a credential that the vendor itself hands out.
    `diagnosis` is what the doctor says of credentials and refusals. `contains` says of two targets of one
    address whether all that the second one reads is a part of the first: None where it is not, else what to do
    where this is wrong. What both count would be there twice, so such a file is refused. A vendor that is told of
    `at_both_levels` may be read at both, and is refused only where streams tell that they count the same.
    """

    name: str
    title: str
    target: type[TargetT]
    streams: tuple[AnyStream, ...]
    limits: Mapping[str, Sequence[Limit]]
    settings: Callable[[TargetT], ClientSettings]
    credential: Callable[[TargetT, Client], Credential]
    diagnosis: Diagnosis[TargetT]
    contains: Callable[[TargetT, TargetT], str | None] = lambda _, __: None
    at_both_levels: bool = False


AnyVendor = Vendor[Any]


def explained(
    explain: Callable[[PollError], PollError], streams: Sequence[AnyStream]
) -> tuple[AnyStream, ...]:
    """The streams of a vendor, each with what the vendor knows of its errors."""
    return tuple(replace(stream, explain=explain) for stream in streams)


def target_model(
    name: str,
    base: type[TargetT],
    streams: Sequence[AnyStream],
    removed: Mapping[str, str] = MappingProxyType({}),
) -> type[TargetT]:
    """The configuration of a vendor's target: `base` with one optional block for each stream.

    `removed` tells why a stream of an earlier version is gone. Where it is disabled it may stay in the
    file, so that one file serves both versions.
    """

    def without_removed(data: Any) -> Any:
        if not isinstance(data, Mapping):
            return data
        for stream in removed.keys() & data.keys():
            if data[stream] != {"enabled": False}:
                raise ValueError(f"{stream} was removed: {removed[stream]}; delete its block")
        return {key: value for key, value in data.items() if key not in removed}

    blocks: dict[str, Any] = {
        stream.name: (stream.options | None, Field(default=None, description=stream.summary))
        for stream in streams
    }
    block = create_model(f"{name.title()}Streams", __base__=ConfigModel, **blocks)
    chosen = Annotated[block, BeforeValidator(without_removed)]
    fields: dict[str, Any] = {
        "vendor": (Literal[name], Field(description="The kind of service.")),
        "streams": (chosen, Field(default_factory=block, description="Streams by name.")),
    }
    return create_model(f"{name.title()}Target", __base__=base, __doc__=base.__doc__, **fields)


def enabled_streams(vendor: AnyVendor, target: Target) -> list[tuple[AnyStream, StreamOptions]]:
    """The streams that a target polls: those it names, and its vendor's defaults that suit it."""
    chosen = []
    for stream in vendor.streams:
        options = getattr(target.streams, stream.name)
        if options is None and stream.by_default and stream.inapplicable(target) is None:
            options = stream.options()
        if options is not None and options.enabled:
            chosen.append((stream, options))
    return chosen


def limits_of(vendor: AnyVendor, target: Target) -> Mapping[str, Sequence[Limit]]:
    """The limits by endpoint group: the vendor's documented ones, or the target's own."""
    own = target.requests_per_minute
    if own is None:
        return vendor.limits
    return dict.fromkeys(vendor.limits, (per_minute(own),))


def per_minute(requests: float) -> Limit:
    """A limit of so many requests a minute; a fraction is kept by a longer span."""
    whole = max(1, int(requests))
    return Limit(whole, whole / requests * MINUTE)

"""One target: the way to its vendor, its credential, each of its streams, and the clocks."""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from random import Random

import httpx

from exporter.client import connection
from exporter.client.auth import Credential
from exporter.client.client import Client, ClientSettings, Endpoint
from exporter.client.errors import (
    PollError,
    RateLimitedError,
    SchemaError,
    SecretError,
    UnavailableError,
)
from exporter.client.reaching import Unreached
from exporter.clock import Clock
from exporter.config.blocks import vendor_of
from exporter.model import DAY, Window, floor
from exporter.preflight.doctor.finding import Check, Finding, Level, Subject, bug
from exporter.preflight.doctor.network import Way, place
from exporter.preflight.doctor.overheard import Exchange, Overheard, Tunnel
from exporter.streams.contract import AnyStream
from exporter.streams.options import StreamOptions
from exporter.streams.probe import Identity, Refusal
from exporter.streams.source import Source
from exporter.vendors.base import Target, enabled_streams, limits_of

LONGEST_SILENCE = 10.0
"""Seconds that a vendor may be silent, where the target's timeout is not shorter."""
LONGEST_WAIT = 20.0
"""Seconds that a request may wait for its turn in the vendor's pace."""
LONGEST_PROBE = LONGEST_WAIT + 2 * LONGEST_SILENCE

_PROXY_REFUSES = 407

SKEW_WARN, SKEW_FAIL = 30.0, 300.0
"""How far the clocks may be apart, in seconds; a GitHub App's statement allows a minute."""


class Uncounted:
    """What the client does is not counted: the doctor's requests are in no metric."""

    def requested(self, endpoint: Endpoint, code: str) -> None:
        pass

    def waited(self, seconds: float) -> None:
        pass

    def reached(self, problem: Unreached | None) -> None:
        pass

    def answered(self, seconds: float) -> None:
        pass

    def credential_ends(self, moment: float | None) -> None:
        pass


@dataclass(frozen=True, slots=True)
class TargetCheck:
    """Looks at one target, with one request for each stream and within a bounded time.

    `patience` is how many seconds one of them may take, with the wait for its turn, `people` whether
    families of people are shown.
    """

    target: Target
    clock: Clock
    random: Random
    patience: float = LONGEST_PROBE
    people: bool = True

    @property
    def subject(self) -> Subject:
        return Subject(self.target.vendor, self.target.account)

    async def check(self) -> list[Finding]:
        """Everything about the target, in the order in which one thing needs the other."""
        silence = min(float(self.target.timeout), LONGEST_SILENCE)
        way = await Way(self.target, self.subject, silence, self.clock.time).check()
        blocked = next((f"{one.check} failed" for one in way if one.level is Level.FAIL), None)
        if blocked is not None:
            return [*way, *self._skipped(blocked)]
        transport = connection.http_transport(self.target.proxy, self.target.ca_file)
        return [*way, *await self.ask(transport)]

    async def ask(self, transport: httpx.AsyncBaseTransport) -> list[Finding]:
        """Credential, streams and clock, over a way that is open."""
        overheard = Overheard(transport, self.clock.time)
        overheard.forget()
        vendor = vendor_of(self.target)
        identity = vendor.diagnosis.identify(self.target)
        async with AsyncExitStack() as resources:
            bare = Client(
                self._settings(),
                None,
                limits_of(vendor, self.target),
                Uncounted(),
                self.clock,
                self.random,
                overheard,
            )
            resources.push_async_callback(bare.close)
            credential = vendor.credential(self.target, bare)
            shown = await self._credential(identity, credential, overheard)
            if shown.level is Level.FAIL:
                found = [shown, *self._skipped("there is no usable credential")]
            else:
                client = bare.authorized(credential)
                streams = enabled_streams(vendor, self.target)
                asked = (self._stream(client, overheard, *each) for each in streams)
                found = [shown, *await asyncio.gather(*asked)]
        return [*found, *self._clock(overheard.all)]

    def _settings(self) -> ClientSettings:
        settings = vendor_of(self.target).settings(self.target)
        return replace(
            settings,
            timeout=min(settings.timeout, LONGEST_SILENCE),
            max_wait=LONGEST_WAIT,
            tries=1,
        )

    async def _credential(
        self, identity: Identity, credential: Credential, overheard: Overheard
    ) -> Finding:
        """Whether there is a credential to show; that of a GitHub App is asked for here."""
        if identity.problem is not None:
            message, _, remedy = identity.problem.partition(": ")
            level = Level.WARN if identity.usable else Level.FAIL
            remedy = remedy or "put the right credential there"
            return self._found(Check.CREDENTIAL, level, message, remedy=remedy)
        try:
            async with asyncio.timeout(self.patience):
                await credential.headers()
        except TimeoutError:
            return self._refused(Check.CREDENTIAL, None, self._too_late(), overheard)
        except PollError as error:
            return self._refused(Check.CREDENTIAL, None, error, overheard)
        return self._found(Check.CREDENTIAL, Level.OK, identity.kind)

    async def _stream(
        self, client: Client, overheard: Overheard, stream: AnyStream, options: StreamOptions
    ) -> Finding:
        hidden = stream.hidden(people=self.people)
        if hidden is not None:
            message, _, remedy = hidden.partition(": ")
            return self._found(Check.STREAM, Level.FAIL, message, stream=stream.name, remedy=remedy)
        overheard.forget()
        now = self.clock.time()
        today = floor(now, DAY)
        source = Source(
            client, self.target, options, Window(today - DAY, today), now, people=self.people
        )
        try:
            async with asyncio.timeout(self.patience):
                await stream.probe(source)
                source.rejects.check(done=True)
        except TimeoutError:
            return self._refused(Check.STREAM, stream, self._too_late(), overheard)
        except PollError as error:
            return self._refused(Check.STREAM, stream, stream.explain(error), overheard)
        except Exception as error:  # noqa: BLE001 - a bug in one stream must not hide the others
            return bug(error, Check.STREAM, self.subject, stream.name)
        if source.remarks:
            told = source.remarks[0]
            return self._found(
                Check.STREAM, Level.WARN, told.said, stream=stream.name, remedy=told.remedy
            )
        return self._found(Check.STREAM, Level.OK, "works", stream=stream.name)

    def _refused(
        self, check: Check, stream: AnyStream | None, error: PollError, overheard: Overheard
    ) -> Finding:
        level, document, heard = Level.FAIL, None, overheard.last
        name, right = (stream.name, stream.right) if stream is not None else (None, None)
        message = str(error)
        if isinstance(error, SecretError):
            message, remedy = error.problem, error.remedy
        elif isinstance(error, RateLimitedError):
            level = Level.WARN
            remedy = f"the vendor's pace is kept: ask again after {_moment(error.retry_at)}"
        elif _wants_password(overheard):
            remedy = (
                "give a user and a password that the proxy takes: "
                "proxy: http://USER:PASSWORD@HOST:PORT"
            )
        elif overheard.refused_tunnel is not None:
            remedy = self._of_proxy(overheard.refused_tunnel)
        elif isinstance(error, SchemaError):
            remedy = "check base_url: something else than the vendor's API seems to answer there"
        elif isinstance(error, UnavailableError) and (heard is None or heard.status < 500):
            remedy = "try again; else look at proxy, firewall and the target's timeout"
        else:
            status = heard.status if heard else None
            headers = heard.headers if heard else {}
            refusal = Refusal(self.target, name, right, error, status, headers)
            told = vendor_of(self.target).diagnosis.remedy(refusal)
            remedy, document = told.text, told.document
        return Finding(
            check=check,
            level=level,
            message=f"{error.state}: {message}",
            target=self.subject,
            stream=name,
            state=error.state,
            remedy=remedy,
            document=document,
        )

    def _of_proxy(self, tunnel: Tunnel) -> str:
        proxy = place(httpx.URL(str(self.target.proxy)))
        return (
            f"the proxy {proxy} opens no tunnel to {place(tunnel.url)}: let who runs it allow that "
            "and look whether it gets there itself, or correct proxy"
        )

    def _too_late(self) -> UnavailableError:
        return UnavailableError(f"no answer within {self.patience:.0f} s")

    def _skipped(self, reason: str) -> Iterator[Finding]:
        for stream, _ in enabled_streams(vendor_of(self.target), self.target):
            message = f"not asked: {reason}"
            yield self._found(Check.STREAM, Level.SKIP, message, stream=stream.name)

    def _clock(self, exchanges: Sequence[Exchange]) -> Iterator[Finding]:
        """Compares the clocks by the vendor's fastest answer, which is the most exact."""
        host = httpx.URL(self.target.base_url).host
        ours = sorted(
            (one for one in exchanges if one.host == host), key=lambda one: one.received - one.sent
        )
        skew = next((one.skew for one in ours if one.skew is not None), None)
        if skew is None:
            return
        off = abs(skew)
        level = Level.FAIL if off > SKEW_FAIL else Level.WARN if off > SKEW_WARN else Level.OK
        if level is Level.OK:
            message = f"agrees with the vendor's within {SKEW_WARN:.0f} s"
            yield self._found(Check.CLOCK, level, message)
            return
        yield self._found(
            Check.CLOCK,
            level,
            f"this machine is {off:.0f} s {'ahead of' if skew > 0 else 'behind'} the vendor",
            remedy="set the clock by NTP: windows, and what GitHub Apps sign, go by it",
        )

    def _found(
        self,
        check: Check,
        level: Level,
        message: str,
        *,
        stream: str | None = None,
        remedy: str | None = None,
    ) -> Finding:
        return Finding(
            check=check,
            level=level,
            message=message,
            target=self.subject,
            stream=stream,
            remedy=remedy,
        )


def _wants_password(overheard: Overheard) -> bool:
    """Whether a proxy asked for a password, in place of the vendor or for a tunnel to it."""
    tunnel, heard = overheard.refused_tunnel, overheard.last
    if tunnel is not None:
        return tunnel.answer.startswith(str(_PROXY_REFUSES))
    return heard is not None and heard.status == _PROXY_REFUSES


def _moment(unix: float) -> str:
    return datetime.fromtimestamp(unix, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

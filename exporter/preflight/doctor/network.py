"""The way to a vendor: proxy, name, connection, certificate. No HTTP request is made."""

import asyncio
import ipaddress
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass

import httpx

from exporter.client import connection
from exporter.client.reaching import handshake, port_of
from exporter.model import DAY
from exporter.preflight.doctor.finding import Check, Finding, Level, Subject
from exporter.vendors.base import Target

EXPIRES_SOON = 14 * DAY


@dataclass(frozen=True, slots=True)
class Way:
    """Checks how a target's vendor is reached, each step within `patience` seconds."""

    target: Target
    subject: Subject
    patience: float
    time: Callable[[], float]

    async def check(self) -> list[Finding]:
        """The steps up to the first that fails."""
        findings: list[Finding] = []
        try:
            context = connection.tls(self.target.ca_file)
        except ValueError as error:
            return [self._fail(Check.CA, str(error), "give a file of PEM certificates as ca_file")]
        if self.target.ca_file is not None:
            findings.append(self._ok(Check.CA, f"{self.target.ca_file} is trusted alone"))
        if self.target.proxy is not None:
            return [*findings, await self._proxy(self.target.proxy)]
        url = httpx.URL(self.target.base_url)
        host, port = url.host, port_of(url)
        findings.append(await self._name(host, port))
        if findings[-1].level is Level.OK:
            secure = context if url.scheme == "https" else None
            findings += await self._connection(host, port, secure)
        return findings

    async def _proxy(self, proxy: str) -> Finding:
        url = httpx.URL(proxy)
        at = place(url)
        try:
            async with asyncio.timeout(self.patience):
                writer = await _connected(url.host, port_of(url))
        except (OSError, UnicodeError) as error:
            return self._fail(
                Check.PROXY,
                f"{at} cannot be reached: {_words(error)}",
                "check proxy, and that the exporter may connect there",
            )
        writer.close()
        return self._ok(Check.PROXY, f"{at} takes connections")

    async def _name(self, host: str, port: int) -> Finding:
        if _is_address(host):
            return self._ok(Check.DNS, f"{host} is an address")
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(self.patience):
                found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            return self._fail(
                Check.DNS,
                f"{host} has no address: {_words(error)}",
                "check base_url and the machine's resolver; where only a proxy knows names, set "
                "proxy",
            )
        return self._ok(Check.DNS, f"{host} has {len(found)} address{'es' * (len(found) > 1)}")

    async def _connection(
        self, host: str, port: int, context: ssl.SSLContext | None
    ) -> list[Finding]:
        try:
            async with asyncio.timeout(self.patience):
                writer = await _connected(host, port, context)
        except ssl.SSLError as error:
            reached = self._ok(Check.CONNECT, f"{host}:{port} takes connections")
            problem, remedy = handshake(error, self.target.ca_file)
            return [reached, self._fail(Check.TLS, f"{host} {problem}", remedy)]
        except (OSError, UnicodeError) as error:
            return [
                self._fail(
                    Check.CONNECT,
                    f"{host}:{port} cannot be reached: {_words(error)}",
                    "check base_url and the firewall; where only a proxy may go out, set proxy",
                )
            ]
        certificate = writer.get_extra_info("peercert") if context else None
        writer.close()
        reached = self._ok(Check.CONNECT, f"{host}:{port} takes connections")
        return [reached, self._certificate(host, certificate)]

    def _certificate(self, host: str, certificate: dict[str, str] | None) -> Finding:
        if certificate is None:
            if _is_loopback(host):
                return self._ok(Check.TLS, "no TLS, on this machine only")
            return self._found(
                Check.TLS,
                Level.WARN,
                "no TLS: the credential is sent without encryption",
                "use an https base_url",
            )
        left = ssl.cert_time_to_seconds(certificate["notAfter"]) - self.time()
        days = f"the certificate is good for {left / DAY:.0f} days"
        if left < EXPIRES_SOON:
            return self._found(Check.TLS, Level.WARN, days, f"let who runs {host} renew it")
        return self._ok(Check.TLS, days)

    def _ok(self, check: Check, message: str) -> Finding:
        return self._found(check, Level.OK, message, None)

    def _fail(self, check: Check, message: str, remedy: str) -> Finding:
        return self._found(check, Level.FAIL, message, remedy)

    def _found(self, check: Check, level: Level, message: str, remedy: str | None) -> Finding:
        return Finding(
            check=check, level=level, message=message, remedy=remedy, target=self.subject
        )


async def _connected(
    host: str, port: int, context: ssl.SSLContext | None = None
) -> asyncio.StreamWriter:
    """A connection to the first address that takes one."""
    # Names are looked up by the loop's own method: one that hangs there holds nothing up.
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    name = None if context is None else host
    problem = OSError(f"{host} has no address")
    for *_, address in found:
        try:
            _, writer = await asyncio.open_connection(
                *address[:2], ssl=context, server_hostname=name
            )
        except ssl.SSLError:
            raise
        except OSError as error:
            problem = error
        else:
            return writer
    raise problem


def place(url: httpx.URL) -> str:
    """Host and port, without a password that the URL may hold."""
    return f"{url.host}:{port_of(url)}"


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _is_loopback(host: str) -> bool:
    return host == "localhost" or (_is_address(host) and ipaddress.ip_address(host).is_loopback)


def _words(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error) or type(error).__name__

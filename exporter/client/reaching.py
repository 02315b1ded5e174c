"""Why a server was not reached, in words, and what to do about it."""

import socket
import ssl
from collections.abc import Iterator
from typing import NamedTuple

import httpx

_UNKNOWN_ISSUER = frozenset({2, 18, 19, 20, 21})
_NOT_YET_VALID, _EXPIRED = 9, 10
_OTHER_HOST = frozenset({62, 64})
_INCOMPLETE = frozenset(range(85, 94))
"""What OpenSSL calls the reasons for refusing a certificate."""

_TOO_LONG = (TimeoutError, httpx.ConnectTimeout)
NOT_REACHED = (httpx.ConnectError, httpx.ConnectTimeout)


class Unreached(NamedTuple):
    """A server that was not reached, and why, with the remedy."""

    host: str
    port: int
    reason: str

    def __str__(self) -> str:
        return f"{self.host}:{self.port} {self.reason}"


class UnreachedError(httpx.ConnectError):
    """No request was sent, because there was no connection; `server` says to where and why."""

    def __init__(self, server: Unreached) -> None:
        super().__init__(str(server))
        self.server = server


def unreached(
    error: Exception, url: httpx.URL, proxy: str | None, ca_file: str | None, timeout: float
) -> Unreached:
    """What an exception of httpx, and those that caused it, say of a connection that failed."""
    # What took too long may stand behind a reason that says more, such as a resolver's.
    causes = sorted(_causes(error), key=lambda each: isinstance(each, _TOO_LONG))
    for cause in causes:
        if isinstance(cause, ssl.SSLError):
            problem, remedy = handshake(cause, ca_file)
            return Unreached(url.host, port_of(url), f"{problem}; {remedy}")
    to, setting = (url, "base_url") if proxy is None else (httpx.URL(proxy), "proxy")
    reasons = (_reason(cause, setting, timeout) for cause in causes)
    reason = next((each for each in reasons if each), "") or f"cannot be reached; check {setting}"
    return Unreached(to.host, port_of(to), reason)


def handshake(error: ssl.SSLError, ca_file: str | None) -> tuple[str, str]:
    """What is wrong with a handshake, and the remedy."""
    if not isinstance(error, ssl.SSLCertVerificationError):
        return (
            f"does not speak TLS as expected: {error.reason or error}",
            "check scheme and port of base_url, and look for a proxy in between",
        )
    problem = f"shows a certificate that is refused: {error.verify_message}"
    if error.verify_code in _UNKNOWN_ISSUER:
        if ca_file is not None:
            return problem, f"put the authority that signed it into {ca_file}"
        return problem, "give the authority that signed it, a company's proxy perhaps, as ca_file"
    if error.verify_code in _OTHER_HOST:
        return problem, "use the name that the certificate is for in base_url"
    if error.verify_code in (_NOT_YET_VALID, _EXPIRED):
        return problem, "check the machine's clock, then let who runs it renew it"
    if error.verify_code in _INCOMPLETE:
        return problem, (
            "let who runs it issue it again with what is missing, or the authority's own; Python 3.13 "
            "and later ask for that, 3.12 does not"
        )
    return problem, "let who runs it replace it"


def port_of(url: httpx.URL) -> int:
    return url.port or (443 if url.scheme == "https" else 80)


def _reason(error: BaseException, setting: str, timeout: float) -> str:
    if isinstance(error, ConnectionRefusedError):
        return f"refused the connection; check {setting}, and that the service runs"
    if isinstance(error, UnicodeError):
        # The resolver's error for a name that no host can have, such as one that is too long.
        return f"is not a valid host name; check {setting}"
    if isinstance(error, socket.gaierror):
        return f"is not known: {error.strerror}; check {setting} and the machine's resolver"
    if isinstance(error, _TOO_LONG):
        return f"took no connection within {timeout:g} s; check {setting} and the firewall"
    if isinstance(error, OSError) and error.strerror:
        return f"cannot be reached: {error.strerror}; check {setting}, the network and the firewall"
    return ""


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """An exception's causes, the deepest first: that one is the system's own."""
    if error is None:
        return
    yield from _causes(error.__cause__ or error.__context__)
    if isinstance(error, BaseExceptionGroup):
        for each in error.exceptions:
            yield from _causes(each)
    yield error

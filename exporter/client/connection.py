"""The httpx client that makes the requests, with all that it would do by itself switched off."""

import logging
import ssl
from functools import lru_cache
from http.cookiejar import CookieJar, DefaultCookiePolicy
from pathlib import Path

import httpx


def connect(
    *,
    timeout: float,
    user_agent: str,
    proxy: str | None,
    ca_file: str | None,
    transport: httpx.AsyncBaseTransport | None,
) -> httpx.AsyncClient:
    """HTTP/1.1 without redirects, cookies and settings from the environment.

    `ca_file` replaces the public certificate authorities. A given `transport` is used as it is.
    """
    for name in ("httpx", "httpcore"):
        # httpx and httpcore log whole URLs and headers, signed links among them, at INFO and DEBUG.
        logging.getLogger(name).setLevel(logging.WARNING)
    return httpx.AsyncClient(
        transport=http_transport(proxy, ca_file) if transport is None else transport,
        trust_env=False,
        follow_redirects=False,
        timeout=httpx.Timeout(timeout),
        headers={"User-Agent": user_agent, "Accept": "*/*", "Accept-Encoding": "gzip"},
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
    )


def http_transport(proxy: str | None, ca_file: str | None) -> httpx.AsyncHTTPTransport:
    """The connections of one client; raises ValueError for a proxy or a file that cannot be used."""
    return httpx.AsyncHTTPTransport(
        verify=tls(ca_file),
        http1=True,
        http2=False,
        trust_env=False,
        proxy=None if proxy is None else proxy_at(proxy),
        limits=httpx.Limits(max_connections=20, max_keepalive_connections=5, keepalive_expiry=30),
    )


def proxy_at(address: str) -> httpx.Proxy:
    """The proxy at an address; raises ValueError, without a password that the address may hold."""
    try:
        url = httpx.URL(address)
        usable = url.scheme in ("http", "https") and url.host and "%" not in url.host
        usable = usable and (url.port is None or 0 < url.port < 65_536)
        # An unescaped password ends the host early, and becomes a path, a query or a fragment.
        usable = usable and url.path in ("", "/") and not (url.query or url.fragment)
    except (httpx.InvalidURL, ValueError):
        usable = False
    if not usable:
        raise ValueError(
            "must be http://HOST:PORT or https://HOST:PORT; a user and a password stand before the "
            "host, as USER:PASSWORD@, with special characters percent-encoded"
        )
    return httpx.Proxy(url)


def tls(ca_file: str | None) -> ssl.SSLContext:
    """How vendors' certificates are checked; raises ValueError for a file that cannot be used."""
    return _tls(ca_file, _changed(ca_file))


def _changed(ca_file: str | None) -> int:
    if ca_file is None:
        return 0
    try:
        return Path(ca_file).stat().st_mtime_ns
    except OSError as error:
        raise ValueError(f"ca_file {ca_file} cannot be read ({error.strerror})") from error


@lru_cache(maxsize=16)
def _tls(ca_file: str | None, changed: int) -> ssl.SSLContext:  # noqa: ARG001
    """One context for all clients with the same authorities, as each takes 20 ms and a megabyte."""
    if ca_file is None:
        return httpx.create_ssl_context(trust_env=False)
    try:
        return ssl.create_default_context(cafile=ca_file)
    except (ssl.SSLError, OSError) as error:
        raise ValueError(f"ca_file {ca_file} holds no PEM certificates ({error})") from error

"""Faults of status and direction: quotas, refusals, redirects."""

from tests.faults.proxy import Exchange, Reply, Spoil

_JSON = {"content-type": "application/json"}
_HTML = b"<!doctype html><html><body><h1>Sign in</h1></body></html>"
TEN_YEARS = 10 * 365 * 86_400
OTHER_NAME = "localhost"
"""Another host to the client, and the same server."""


def status(code: int, **headers: str) -> Spoil:
    """Each request is answered with this status."""

    async def refuse(exchange: Exchange) -> None:
        more = {name.replace("_", "-"): value for name, value in headers.items()}
        await exchange.send(Reply(code, {**_JSON, **more}, b'{"message": "not today"}'))

    return refuse


async def login_page(exchange: Exchange) -> None:
    """HTML with 200, as a portal in between gives."""
    await exchange.send(Reply(200, {"content-type": "text/html; charset=utf-8"}, _HTML))


async def undeclared_login_page(exchange: Exchange) -> None:
    """The same, said to be JSON."""
    await exchange.send(Reply(200, _JSON, _HTML))


async def loop(exchange: Exchange) -> None:
    """A redirect to itself."""
    await exchange.send(Reply(302, {"location": exchange.asked.target}, b""))


async def unmodified(exchange: Exchange) -> None:
    """304, whatever was asked."""
    await exchange.send(Reply(304, {}, b""))


async def empty(exchange: Exchange) -> None:
    """200 without a body."""
    await exchange.send(Reply(200, _JSON, b""))


async def elsewhere(exchange: Exchange) -> None:
    """A redirect to another name of this host, which knows nobody."""
    name, _, port = exchange.asked.headers["host"].partition(":")
    if name == OTHER_NAME:
        await status(401)(exchange)
        return
    await exchange.send(
        Reply(302, {"location": f"http://{OTHER_NAME}:{port}{exchange.asked.target}"}, b"")
    )


async def nowhere(exchange: Exchange) -> None:
    """A redirect to what is no web address."""
    await exchange.send(Reply(302, {"location": "file:///etc/passwd"}, b""))

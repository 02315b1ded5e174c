"""Name servers that do not answer: who waits, for how long, and who does not."""

import asyncio
import socket
import threading
from collections.abc import Iterator
from random import Random
from typing import Any

import pytest

from exporter.client.client import Client, ClientSettings, Request
from exporter.client.errors import UnavailableError
from exporter.client.resolver import Resolver
from exporter.runtime.loop import Loop
from tests.client.support import LIST, Watch
from tests.client.test_sockets import plain, vendor
from tests.clock import ManualClock

SOON = 0.01
"""Seconds that a lookup has in these tests, where it is to fail."""
PATIENCE = 60.0


class NameServer:
    """The system's resolver: names that end in `.dead` hang until it is repaired."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.repaired = threading.Event()
        self._real = socket.getaddrinfo

    def getaddrinfo(self, host: str | bytes, *rest: Any) -> list[Any]:
        name = host.decode() if isinstance(host, bytes) else host
        self.asked.append(name)
        if name.endswith(".dead"):
            self.repaired.wait()
            raise socket.gaierror(socket.EAI_NONAME, "no such name")
        return list(self._real("127.0.0.1", *rest))


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Iterator[NameServer]:
    server = NameServer()
    monkeypatch.setattr(socket, "getaddrinfo", server.getaddrinfo)
    yield server
    server.repaired.set()


async def fails(resolver: Resolver, name: str) -> str:
    with pytest.raises(socket.gaierror) as raised:
        await resolver.lookup(name, 443)
    return str(raised.value)


async def test_an_answer_has_the_port_that_was_asked_for(names: NameServer) -> None:
    """One lookup serves two ports."""
    resolver = Resolver()
    found = await asyncio.gather(*(resolver.lookup("a.live", port) for port in (80, 443)))
    assert [each[0][4] for each in found] == [("127.0.0.1", 80), ("127.0.0.1", 443)]
    assert names.asked == ["a.live"]


async def test_a_lookup_that_hangs_is_given_up_and_not_begun_twice(names: NameServer) -> None:
    """Who asks again waits for the lookup that runs; after its end there is a fresh one."""
    resolver = Resolver(patience=SOON)
    for _ in range(5):
        assert "no name server has told the address of a.dead in time" in await fails(
            resolver, "a.dead"
        )
    assert names.asked == ["a.dead"]
    names.repaired.set()
    assert "no such name" in await fails(Resolver(), "a.dead")


async def test_names_that_hang_do_not_hold_up_others(names: NameServer) -> None:
    """As long as there are places, and each name takes one at most."""
    resolver, waiting = Resolver(most=3), Resolver(patience=SOON, most=1)
    hanging = [asyncio.create_task(resolver.lookup(f"{n % 2}.dead", n)) for n in range(40)]
    assert (await asyncio.wait_for(resolver.lookup("a.live", 1), PATIENCE))[0][4][1] == 1
    await fails(waiting, "0.dead")
    assert "in time" in await fails(waiting, "a.live"), "all places are taken"
    names.repaired.set()
    assert {type(end) for end in await asyncio.gather(*hanging, return_exceptions=True)} == {
        socket.gaierror
    }


def test_the_loop_of_the_commands_polls_on_beside_dead_names(names: NameServer) -> None:
    """Requests of the client end or succeed, and the loop ends, while twenty lookups hang."""

    async def body() -> bytes:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, Loop)
        lost = [asyncio.create_task(loop.getaddrinfo(f"{n}.dead", 443)) for n in range(20)]
        await asyncio.sleep(0)
        async with vendor(lambda _: plain(b"ok", 2), host="vendor.live") as (client, *_):
            answer = await client.get(Request(LIST))
        assert not any(each.done() for each in lost)
        return answer.body

    with asyncio.Runner(loop_factory=Loop) as runner:
        assert runner.run(body()) == b"ok"
    assert {"vendor.live", "0.dead", "19.dead"} <= set(names.asked)
    assert not names.repaired.is_set()


@pytest.mark.parametrize("by_proxy", [False, True])
def test_a_name_without_an_answer_is_told(
    names: NameServer, monkeypatch: pytest.MonkeyPatch, *, by_proxy: bool
) -> None:
    """The state's reason names the host, also where it is the proxy's."""
    monkeypatch.setattr("exporter.client.resolver.PATIENCE", SOON)

    async def reason() -> str:
        proxy = "http://proxy.dead:1" if by_proxy else None
        settings = ClientSettings("http://vendor.dead", proxy=proxy)
        client = Client(settings, None, {"core": []}, Watch(), ManualClock(), Random(1))
        with pytest.raises(UnavailableError) as raised:
            await client.get(Request(LIST))
        return str(raised.value)

    with asyncio.Runner(loop_factory=Loop) as runner:
        told = runner.run(reason())
    name = "proxy.dead" if by_proxy else "vendor.dead"
    assert f"no name server has told the address of {name} in time" in told
    assert names.asked == [name]

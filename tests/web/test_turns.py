"""Whose password is checked next, while many guess."""

import asyncio

import pytest

from exporter.web.turns import MOST_REMEMBERED, MOST_WAITING, TooManyAttemptsError, Turns


class Queue:
    """Passwords that wait for their turns; notes in which order they came."""

    def __init__(self) -> None:
        self.turns = Turns()
        self.order: list[str] = []
        self._go = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    async def ask(self, address: str, times: int = 1) -> None:
        self._tasks += [asyncio.create_task(self._ask(address)) for _ in range(times)]
        await asyncio.sleep(0)

    async def _ask(self, address: str) -> None:
        async with self.turns.turn(address):
            await self._go.wait()
            self.order.append(address)

    async def serve(self) -> list[str]:
        self._go.set()
        await asyncio.gather(*self._tasks)
        return self.order


async def test_addresses_take_turns() -> None:
    """Who asks once does not wait for all that another asked before."""
    queue = Queue()
    await queue.ask("10.0.0.1", 5)
    await queue.ask("10.0.0.2", 2)
    await queue.ask("10.0.0.3")
    assert [each[-1] for each in await queue.serve()] == [*"11231211"[:1], *"1231211"]


async def test_who_guessed_less_comes_first() -> None:
    """Somebody new before all guessers, whatever addresses they have."""
    queue = Queue()
    for guesser in range(1, 4):
        for _ in range(guesser):
            queue.turns.judged(f"10.0.0.{guesser}", right=False)
    for address in ("10.0.0.3", "10.0.0.2", "10.0.0.3", "10.0.0.1", "10.0.0.9"):
        await queue.ask(address)
    assert [each[-1] for each in await queue.serve()] == [*"39123"]


async def test_a_right_password_makes_good_for_guesses() -> None:
    queue = Queue()
    for address in ("10.0.0.1", "10.0.0.2"):
        queue.turns.judged(address, right=False)
    queue.turns.judged("10.0.0.2", right=True)
    for address in ("10.0.0.1", "10.0.0.1", "10.0.0.2"):
        await queue.ask(address)
    assert [each[-1] for each in await queue.serve()] == [*"121"]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("2001:db8::1", "2001:db8::ffff:2", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("::ffff:10.0.0.1", "10.0.0.1", True),
        ("10.0.0.1", "10.0.0.2", False),
        ("", "", True),
    ],
)
async def test_a_network_of_ipv6_is_one_guesser(one: str, other: str, *, same: bool) -> None:
    queue = Queue()
    queue.turns.judged(other, right=False)
    for address in ("first", one, "somebody"):
        await queue.ask(address)
    assert (await queue.serve())[1:] == (["somebody", one] if same else [one, "somebody"])


async def test_one_address_cannot_wait_without_end() -> None:
    """Its next is refused; another's is not."""
    queue = Queue()
    await queue.ask("10.0.0.1", 1 + MOST_WAITING)
    with pytest.raises(TooManyAttemptsError):
        async with queue.turns.turn("10.0.0.1"):
            pass
    await queue.ask("10.0.0.2")
    assert (await queue.serve()).index("10.0.0.2") <= 2


async def test_who_leaves_while_waiting_holds_nobody_up() -> None:
    """Also at the very moment when his turn has come."""
    turns, order = Turns(), []
    leave = asyncio.Event()

    async def ask(name: str) -> None:
        async with turns.turn(name):
            order.append(name)
            await leave.wait()

    tasks = {name: asyncio.create_task(ask(name)) for name in "abcd"}
    await asyncio.sleep(0)
    tasks["b"].cancel()
    await asyncio.sleep(0)
    leave.set()
    await tasks["a"]
    tasks["c"].cancel()
    await asyncio.gather(*tasks.values(), return_exceptions=True)
    assert order[-1] == "d"


async def test_what_is_remembered_of_guessers_is_bounded() -> None:
    """Those who guessed most are remembered."""
    turns = Turns()
    for _ in range(3):
        turns.judged("10.0.0.1", right=False)
    for number in range(MOST_REMEMBERED + 100):
        turns.judged(f"guesser {number}", right=False)
    assert len(turns._guesses) == MOST_REMEMBERED
    assert turns._guesses["10.0.0.1"] == 3

"""Whose password is checked next: whoever has guessed least."""

import asyncio
import ipaddress
from collections import Counter, OrderedDict, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

MOST_WAITING = 100
"""How many passwords of one address wait to be checked."""
MOST_IN_ALL = 1_000
"""How many wait from all addresses; one from an address that has none waiting always may."""
MOST_REMEMBERED = 4_096
"""Of how many addresses the wrong guesses are remembered."""
_HOST_BITS = 64
"""Who has an IPv6 address has all of its network."""


class TooManyAttemptsError(Exception):
    """So many passwords of an address wait to be checked that a further one is refused."""


class Turns:
    """One check at a time; next is the address with the fewest wrong guesses, then who waits longest."""

    def __init__(self) -> None:
        self._waiting: OrderedDict[str, deque[asyncio.Future[None]]] = OrderedDict()
        self._guesses: Counter[str] = Counter()
        self._busy = False

    @asynccontextmanager
    async def turn(self, address: str) -> AsyncIterator[None]:
        """The turn of one password; raises TooManyAttemptsError."""
        who = _network(address)
        if self._busy:
            await self._wait(who)
        self._busy = True
        try:
            yield
        finally:
            self._hand_on()

    def judged(self, address: str, *, right: bool) -> None:
        """Remember what came of a check."""
        who = _network(address)
        if right:
            del self._guesses[who]
            return
        self._guesses[who] += 1
        if len(self._guesses) > MOST_REMEMBERED:
            least, _ = min(self._guesses.items(), key=lambda guessed: guessed[1])
            del self._guesses[least]

    async def _wait(self, who: str) -> None:
        queue = self._waiting.get(who, ())
        in_all = sum(map(len, self._waiting.values()))
        if len(queue) >= MOST_WAITING or (queue and in_all >= MOST_IN_ALL):
            raise TooManyAttemptsError
        turn = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(who, deque()).append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self._hand_on()
            raise

    def _hand_on(self) -> None:
        self._busy = False
        while self._waiting:
            who = min(self._waiting, key=self._guesses.__getitem__)
            queue = self._waiting[who]
            turn = queue.popleft()
            if queue:
                self._waiting.move_to_end(who)
            else:
                del self._waiting[who]
            if not turn.done():
                # Nobody comes in between the end of one check and the begin of the next.
                self._busy = True
                turn.set_result(None)
                return


def _network(address: str) -> str:
    try:
        known = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(known, ipaddress.IPv4Address):
        return address
    if known.ipv4_mapped is not None:
        return str(known.ipv4_mapped)
    return str(ipaddress.ip_network((int(known), _HOST_BITS), strict=False))

"""Names to addresses, so that a dead name server costs only those who wait for it."""

import asyncio
import contextlib
import socket
import threading
from typing import Any, NamedTuple, TypeAlias

PATIENCE = 10.0
"""Seconds that a name is waited for."""
MOST_LOOKUPS = 64
"""How many names are looked up at once."""

AddressInfo: TypeAlias = tuple[int, int, int, str, tuple[Any, ...]]


class _Question(NamedTuple):
    host: str | bytes | None
    family: int
    type: int
    proto: int
    flags: int


class Resolver:
    """Asks the system's resolver, with its hosts file and search domains, in threads of its own.

    A lookup cannot be cancelled and may hang for as long as the system's resolver likes. So each name has
    one thread at most, whoever asks for it shares that, and the threads hold up neither each other
    nor the end of the process.
    """

    def __init__(self, patience: float | None = None, most: int = MOST_LOOKUPS) -> None:
        self._patience = PATIENCE if patience is None else patience
        self._places = asyncio.Semaphore(most)
        self._asked: dict[_Question, asyncio.Task[list[AddressInfo]]] = {}

    async def lookup(
        self,
        host: str | bytes | None,
        port: int | None,
        *,
        family: int = 0,
        type: int = 0,  # noqa: A002  # as everywhere in asyncio
        proto: int = 0,
        flags: int = 0,
    ) -> list[AddressInfo]:
        """What `socket.getaddrinfo` gives; raises `socket.gaierror`, also where it takes too long."""
        question = _Question(host, family, type, proto, flags)
        lookup = self._asked.get(question)
        if lookup is None:
            lookup = self._asked[question] = asyncio.create_task(self._answer(question))
            lookup.add_done_callback(lambda done: self._forget(question, done))
        try:
            async with asyncio.timeout(self._patience):
                found = await asyncio.shield(lookup)
        except TimeoutError:
            name = host.decode(errors="replace") if isinstance(host, bytes) else host
            raise socket.gaierror(
                socket.EAI_AGAIN, f"no name server has told the address of {name} in time"
            ) from None
        return [
            (*answer[:4], (address[0], port or 0, *address[2:]))
            for answer in found
            for address in answer[4:]
        ]

    async def _answer(self, question: _Question) -> list[AddressInfo]:
        async with self._places:
            loop = asyncio.get_running_loop()
            answer: asyncio.Future[list[AddressInfo]] = loop.create_future()

            def ask() -> None:
                try:
                    found = socket.getaddrinfo(question.host, None, *question[1:])
                except Exception as error:  # noqa: BLE001  # raised where it is awaited
                    tell(answer.set_exception, error)
                else:
                    tell(answer.set_result, found)

            def tell(settle: Any, outcome: Any) -> None:
                # Nobody is there to be told where the loop was closed in between.
                with contextlib.suppress(RuntimeError):
                    loop.call_soon_threadsafe(lambda: None if answer.done() else settle(outcome))

            # A daemon: the interpreter does not wait for it at its end.
            threading.Thread(target=ask, name="lookup", daemon=True).start()
            return await answer

    def _forget(self, question: _Question, done: asyncio.Task[list[AddressInfo]]) -> None:
        del self._asked[question]
        if not done.cancelled():
            # Nobody may have waited until it failed.
            done.exception()

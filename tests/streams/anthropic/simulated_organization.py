"""A stream of the simulated Anthropic organization, whose polls are killed now and then."""

import contextlib
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import httpx

from exporter.simulator.anthropic.rest import AnthropicOptions
from exporter.simulator.world.truth import Count, View
from tests.streams.harness import SECRET, Case
from tests.streams.simulated_account import SimulatedAccount


class KilledError(BaseException):
    """The process ends here; nothing catches it."""


class SimulatedOrganization(SimulatedAccount):
    """An organization of some people; `simulated` are its habits, besides its key and limits."""

    def __init__(
        self,
        case: Case,
        directory: Path,
        true: Callable[[View], Iterator[Count]],
        simulated: Any = None,
        **options: Any,
    ) -> None:
        kind = "analytics_key" if "api" in case.target else "admin_key"
        limits = {"requests_per_hour": None, "requests_per_minute": None}
        anthropic = AnthropicOptions(**{kind: SECRET, **limits, **(simulated or {})})
        super().__init__(case, directory, true, developers=40, anthropic=anthropic, **options)

    async def work(self, seconds: int, every: int) -> AsyncIterator[None]:
        """Poll while people work, and every poll must be good; after each third a poll is killed."""
        number = 0
        async for _ in super().work(seconds, every):
            yield
            number += 1
            if number % 3 == 1:
                await self.kill_after(number % 2 + 1)

    async def kill_after(self, requests: int) -> None:
        """Begin a poll whose process ends with so many answers, and start anew."""
        left = requests

        async def kill(_: httpx.Request, __: httpx.Response) -> None:
            nonlocal left
            left -= 1
            if not left:
                raise KilledError

        self.vendor.around = kill
        with contextlib.suppress(KilledError):
            await self.poll()
        self.vendor.around = None
        await self.restart()

"""A stream of the simulated Cursor team through the whole pipeline, beside the truth of its world."""

import json
from typing import Any

import httpx

from tests.streams.simulated_account import LOOKBACK, SimulatedAccount

__all__ = ["LOOKBACK", "SimulatedTeam"]


class SimulatedTeam(SimulatedAccount):
    """A team of many; `pages` are the numbers of those that were asked for."""

    def __init__(self, *case: Any, **options: Any) -> None:
        super().__init__(*case, **options)
        self.vendor.around = self._note
        self.pages: list[int] = []

    async def _note(self, request: httpx.Request, _: httpx.Response) -> None:
        self.pages.append(json.loads(request.content)["page"])

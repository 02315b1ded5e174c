"""Questions that are asked by POST: a JSON body of a known form."""

from collections.abc import Callable
from typing import Any, Generic, TypeVar

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from exporter.simulator.answers import json_response
from exporter.simulator.cursor.rest import RefusedError

LARGEST_PAGE = 1_000

AskedT = TypeVar("AskedT")


class PageAsked(msgspec.Struct, rename="camel", kw_only=True):
    """Which page, and how large it may be."""

    page: int = 1
    page_size: int = 100

    def __post_init__(self) -> None:
        if self.page < 1 or not 1 <= self.page_size <= LARGEST_PAGE:
            raise ValueError("page and pageSize must be positive, pageSize at most 1000")


class Asking(Generic[AskedT]):
    """Reads the JSON body of a POST, and refuses one that is wrong with 400."""

    def __init__(self, kind: type[AskedT], answer: Callable[[AskedT], Any]) -> None:
        self._decoder = msgspec.json.Decoder(kind)
        self._answer = answer

    async def __call__(self, request: Request) -> Response:
        try:
            asked = self._decoder.decode(await request.body() or b"{}")
        except msgspec.DecodeError as error:
            raise RefusedError(400, "Bad Request", f"Invalid body: {error}") from error
        return json_response(self._answer(asked))

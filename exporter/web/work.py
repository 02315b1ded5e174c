"""Answers that are made when they are asked for: in threads of their own, so many at once."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

MOST_ANSWERS = 40
"""How many answers are made or wait for that; what is ready needs no place."""
_THREADS = 2

_Arguments = ParamSpec("_Arguments")
_Result = TypeVar("_Result")


class BusyError(Exception):
    """So many answers are being made that a further one is refused."""


class Work:
    """Makes answers in few threads: polls have theirs, and scrapes of the whole page need none."""

    def __init__(self, most: int = MOST_ANSWERS) -> None:
        self._most = most
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="web")
        self._taken = 0

    async def make(
        self,
        function: Callable[_Arguments, _Result],
        *args: _Arguments.args,
        **kwargs: _Arguments.kwargs,
    ) -> _Result:
        """What the function returns; raises BusyError."""
        if self._taken >= self._most:
            raise BusyError
        self._taken += 1
        try:
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._threads, lambda: function(*args, **kwargs))
        finally:
            self._taken -= 1

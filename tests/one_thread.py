"""An event loop that hands no work to threads."""

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import Executor
from typing import Any, TypeVar, TypeVarTuple

_Arguments = TypeVarTuple("_Arguments")
_Result = TypeVar("_Result")


class OneThreadLoop(asyncio.SelectorEventLoop):
    """Does at once what is meant for a thread: the same calls in the same order, without the switches.

    A stream that is polled alone hands some 60 pieces of work to threads in a test, which takes a
    quarter of the test's time and proves nothing. How threads and the loop get along is the matter of
    the tests that start the exporter, and of `tests/board`, `tests/store` and `tests/web`.
    """

    def run_in_executor(
        self,
        executor: Executor | None,
        func: Callable[[*_Arguments], _Result],
        *args: *_Arguments,
    ) -> "asyncio.Future[_Result]":
        done = self.create_future()
        try:
            done.set_result(func(*args))
        except Exception as error:  # noqa: BLE001 - whoever awaits the result gets it
            done.set_exception(error)
        return done


def run(coroutine: Coroutine[Any, Any, _Result]) -> _Result:
    """As `asyncio.run`, on such a loop: for laws, which hold over dozens of runs."""
    with asyncio.Runner(loop_factory=OneThreadLoop) as runner:
        return runner.run(coroutine)

"""A walk over many parts of a target, a paced request or more each, that goes on where a quota ended it."""

from collections.abc import Awaitable, Callable, Iterable
from typing import Annotated, Any

import msgspec

from exporter.client.errors import NotFoundError, RateLimitedError
from exporter.model import Window
from exporter.streams.progress import recalled
from exporter.vendors.base import Poll, Reading

_KEY = "walk"

_Moment = Annotated[float, msgspec.Meta(ge=0, le=253_402_300_799)]


class _Walk(msgspec.Struct):
    """How far a walk has come; Unix seconds, to the year 9999."""

    began: _Moment | None = None
    start: _Moment | None = None
    after: str = ""


class _Remembered(msgspec.Struct):
    walk: _Walk = msgspec.field(default_factory=_Walk)


async def walk(
    poll: Poll[Any, Any],
    reading: Reading,
    parts: Iterable[str],
    read_part: Callable[[str, Window], Awaitable[None]],
    pause_after: int = 500,
) -> None:
    """Read every part by its id, in the order of the ids, with the window that the walk began with.

    A part that is gone (404) is passed over. When the quota ends, what was read so far stands and
    `reading.interrupted` says why; the next poll goes on after the last part that was read. After
    `pause_after` parts the reading is `paused`, so that a long walk holds little and loses little.
    """
    ids = sorted(parts)
    before = recalled(poll.progress, _Remembered).walk
    began = poll.now if before.began is None else before.began
    start = poll.window.start if before.start is None else int(before.start)
    window, after = Window(start, poll.window.end), before.after
    done = sum(1 for part in ids if part <= after)
    here = {"began": began, "start": window.start}
    reading.began = before.began
    for number, part in enumerate(ids[done:]):
        poll.tell(done, len(ids))
        if number == pause_after:
            reading.paused = True
            reading.progress[_KEY] = {**here, "after": after}
            return
        try:
            await read_part(part, window)
        except NotFoundError:
            pass  # it was removed after the list was read: nothing of it is counted or zeroed
        except RateLimitedError as error:
            if not after:
                raise
            reading.interrupted = error
            reading.progress[_KEY] = {**here, "after": after}
            return
        after, done = part, done + 1
    poll.tell(len(ids), len(ids))
    # What the first parts did since is read by the next walk; when that was, only a clock knows that
    # was not set back.
    reading.read_until = int(began) if began <= poll.now else start

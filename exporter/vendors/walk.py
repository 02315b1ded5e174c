"""A walk over many parts of a target, a paced request or more each, that goes on where a quota ended it."""

from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from exporter.client.errors import NotFoundError, RateLimitedError
from exporter.model import Window
from exporter.vendors.base import Poll, Reading

_KEY = "walk"


async def walk(
    poll: Poll[Any, Any],
    reading: Reading,
    parts: Iterable[str],
    read_part: Callable[[str, Window], Awaitable[None]],
) -> None:
    """Read every part by its id, in the order of the ids, with the window that the walk began with.

    A part that is gone (404) is passed over. When the quota ends, what was read so far stands and
    `reading.interrupted` says why; the next poll goes on after the last part that was read.
    """
    ids = sorted(parts)
    before = poll.progress.get(_KEY, {})
    began = float(before.get("began", poll.now))
    window = Window(int(before.get("start", poll.window.start)), poll.window.end)
    after = str(before.get("after", ""))
    done = sum(1 for part in ids if part <= after)
    for part in ids[done:]:
        poll.tell(done, len(ids))
        try:
            await read_part(part, window)
        except NotFoundError:
            pass  # it was removed after the list was read: nothing of it is counted or zeroed
        except RateLimitedError as error:
            if not after:
                raise
            reading.interrupted = error
            reading.progress[_KEY] = {"began": began, "start": window.start, "after": after}
            return
        after, done = part, done + 1
    poll.tell(len(ids), len(ids))
    reading.began = began

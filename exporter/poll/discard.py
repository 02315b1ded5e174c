"""Letting go of large containers: Python would free all that they hold at once, and let nobody else run."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from exporter.model import StreamKey
from exporter.store.store import Store, StreamState


def discard(*containers: dict[Any, Any] | list[Any]) -> None:
    """Empty them piece by piece; nobody may use them any more."""
    for container in containers:
        while container:
            if isinstance(container, dict):
                container.popitem()
            else:
                container.pop()


@asynccontextmanager
async def loaded(store: Store, key: StreamKey) -> AsyncIterator[StreamState]:
    """The state of a stream for as long as it is used; raises StoreError."""
    state = await store.load(key)
    broken: Exception | None = None
    try:
        yield state
    except Exception as error:  # noqa: BLE001  # it is raised again
        broken = error
    # Where it is cancelled there is no time for this.
    await asyncio.to_thread(discard, state.ledger, state.gauges)
    if broken is not None:
        raise broken

"""Taking people out of the state of a stream once the privacy setting has changed."""

import logging
from collections.abc import Iterable

from exporter.model import Metric, StreamKey
from exporter.store.store import Changes, Store, StreamState

_log = logging.getLogger(__name__)


async def without_people(
    store: Store, key: StreamKey, metrics: Iterable[Metric], fingerprint: str
) -> StreamState:
    """The state of a stream; what named people under another setting is gone, from the files too.

    The metrics that could name them take a new baseline, so what was read in part is read again from
    its beginning. Raises StoreError.
    """
    state = await store.load(key)
    if state.privacy in ("", fingerprint):
        return state
    naming = {metric.name for metric in metrics if metric.people or metric.names_people}
    state.privacy = fingerprint
    if not naming:
        return state
    gone = {series for series in (*state.ledger, *state.gauges) if series[0] in naming}
    state.ledger = {series: kept for series, kept in state.ledger.items() if series not in gone}
    state.gauges = {series: kept for series, kept in state.gauges.items() if series not in gone}
    state.started -= naming
    state.memory, state.walk = {}, None
    if gone:
        _log.warning("privacy changed: families of %s that name people start afresh", key)
    await store.commit(key, state, Changes(frozenset(gone), gauges=True, erase=True))
    return state

"""Taking people out of the state of a stream once the privacy setting has changed."""

from collections.abc import Iterable, Set

from exporter import log
from exporter.model import Metric, SeriesKey, StreamKey
from exporter.poll.transform.privacy import Privacy
from exporter.store.store import Changes, Store, StreamState

_log = log.logger(__name__)


async def without_people(
    store: Store, key: StreamKey, metrics: Iterable[Metric], privacy: Privacy
) -> StreamState:
    """The state of a stream; what named people under another setting is gone, from the files too.

    How much was counted of each bucket is kept, without a name: it is not counted again. What was read in
    part is read again from its beginning. Raises StoreError.
    """
    state = await store.load(key)
    if state.privacy in ("", privacy.fingerprint):
        return state
    naming = {metric.name: metric for metric in metrics if metric.people or metric.names_people}
    state.privacy = privacy.fingerprint
    if not naming:
        return state
    gone = {series for series in (*state.ledger, *state.gauges) if series[0] in naming}
    _erase(state, gone)
    # A family that is not shown is not read, so that it is read for the first time when it is again.
    started = {
        (name, partition)
        for name, partition in state.started
        if name in naming and (partition or (naming[name].people and not privacy.shows_people))
    }
    state.started = {scope: at for scope, at in state.started.items() if scope not in started}
    state.memory, state.walk = {}, None
    if gone:
        _log.warning("privacy changed: families of people start afresh", **key._asdict())
    changes = Changes(frozenset(gone), gauges=True, erase=True, started=frozenset(started))
    await store.commit(key, state, changes)
    return state


def _erase(state: StreamState, gone: Set[SeriesKey]) -> None:
    for metric, labels in gone & state.ledger.keys():
        for slot, value in state.ledger.pop((metric, labels)).slots.items():
            place = metric, slot.bucket
            state.erased[place] = state.erased.get(place, 0) + value
    for series in gone & state.gauges.keys():
        del state.gauges[series]

"""Large states are sorted and let go in slices; what comes out is what Python itself would give."""

import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.model import Series, StreamKey
from exporter.poll import order
from exporter.poll.discard import discard, loaded
from exporter.poll.order import in_order
from exporter.store.sqlite import SQLiteStore
from exporter.store.store import Changes, StoreError, StreamState

KEY = StreamKey("fake", "acme", "things")
keys = st.tuples(st.sampled_from(["a_total", "b_total", "c"]), st.tuples(st.text(max_size=3)))


@given(st.sets(keys, max_size=60), st.integers(1, 10), st.randoms(use_true_random=False))
def test_slices_give_the_order_of_a_sort(found: set[Any], size: int, luck: random.Random) -> None:
    """In whatever order they are found, and however small the slices are."""
    shuffled = list(found)
    luck.shuffle(shuffled)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(order, "SLICE", size)
        assert list(in_order(shuffled)) == sorted(found)


@pytest.mark.parametrize(
    "arranged", [sorted, lambda keys: random.Random(7).sample(keys, len(keys))]
)
def test_no_slice_is_long(arranged: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """No call of `sorted` takes more than a few slices of a large state."""
    lengths: list[int] = []

    def noted(some: Any) -> Any:
        ordered = sorted(some)
        lengths.append(len(ordered))
        return ordered

    monkeypatch.setattr(order, "sorted", noted, raising=False)
    series = arranged([("a_total", (f"{number:06}", "x")) for number in range(60_000)])
    assert list(in_order(series)) == sorted(series)
    assert max(lengths) <= 4 * order.SLICE


def test_what_is_let_go_is_empty() -> None:
    numbers, names = list(range(10)), {"a": [1], "b": [2]}
    discard(numbers, names)
    assert (numbers, names) == ([], {})


@pytest.mark.parametrize("error", [None, StoreError("full")])
async def test_a_state_is_let_go_after_its_use(tmp_path: Path, error: Exception | None) -> None:
    """Whether it could be used or not; the store keeps what it was told."""
    store = SQLiteStore.open(tmp_path / "state.db", 0)
    state = StreamState(ledger={("a_total", ("x",)): Series(1, 5)})
    await store.commit(KEY, state, Changes(frozenset(state.ledger), gauges=False))
    for _ in range(2):
        try:
            async with loaded(store, KEY) as found:
                assert found.ledger[("a_total", ("x",))].counter == 5
                if error is not None:
                    raise error
        except StoreError as raised:
            assert raised is error  # noqa: PT017  # it may be none
        assert not found.ledger
    await store.close()

"""What the campaigns compare with the truth: the counters of every stream, also of those of one name."""

from pathlib import Path

from exporter.model import MetricType
from tests.accounts import ACCOUNTS
from tests.counted import STREAMS, targets
from tests.streams.cases import CASES

CLOSED = "github/copilot_usage"
"""An API that GitHub has closed; the simulator speaks it only where it is told to."""


def test_every_stream_that_counts_is_compared() -> None:
    """A stream with a counter needs a month in its case, and is in the campaigns then."""
    counting = {
        f"{account.vendor.name}/{name}"
        for account in ACCOUNTS
        for name, stream in account.streams.items()
        if any(m.type is MetricType.COUNTER and not m.people for m in stream.metrics)
    }
    assert STREAMS.keys() == counting - {CLOSED}
    assert STREAMS.keys() == {f"{case.vendor}/{case.stream}" for case in CASES if case.month}
    assert all(each.metrics for each in STREAMS.values())


def test_streams_of_one_name_are_read_each_at_its_vendor(tmp_path: Path) -> None:
    """And no other stream of theirs is."""
    chosen = {"cursor/audit_log": "2d", "tabnine/audit_log": "3d"}
    read = {
        f"{target['vendor']}/{name}": options["lookback"]
        for target in targets("http://127.0.0.1:1", tmp_path, chosen)
        for name, options in target["streams"].items()
        if options.get("enabled", True)
    }
    assert read == chosen

"""Whatever a vendor answers: the state says so, nothing is miscounted, and it is right again after."""

from pathlib import Path

import pytest

from tests.accounts import ACCOUNTS
from tests.faults import contents, wire
from tests.faults.campaign import Campaign, Outcome
from tests.faults.forms import FORMS, SHAPES
from tests.faults.memory import MIB, flooded
from tests.faults.table import FAULTS, Fault

pytestmark = pytest.mark.process

MOST_GROWTH = 400 * MIB
"""Far above what a daemon takes for a few answers of the largest size, far below the floods."""


def share(number: int) -> list[Fault]:
    """The faults that the stream of one shape meets here; the full run lets every stream meet all."""
    return [fault for index, fault in enumerate(FAULTS) if index % len(SHAPES) == number]


@pytest.mark.parametrize("number", range(len(SHAPES)), ids=[form.name for form in SHAPES])
async def test_a_fault_is_told_and_leaves_no_trace(number: int, tmp_path: Path) -> None:
    """The state is the expected one; the twin counts on; afterwards both hold the same."""
    outcomes: list[Outcome] = []
    async with Campaign(SHAPES[number], tmp_path) as campaign:
        for fault in share(number):
            outcomes += await campaign.run(fault, campaign.streams())
    assert {outcome.fault.name for outcome in outcomes} == {f.name for f in share(number)}
    assert {outcome.fault.name: outcome.problems for outcome in outcomes if outcome.problems} == {}
    assert [outcome.fault.name for outcome in outcomes if not outcome.others] == []


async def test_a_damaged_answer_with_a_good_etag_is_not_kept(tmp_path: Path) -> None:
    """It was: every poll after it was answered "not modified", and stayed a schema error."""
    damaged = next(fault for fault in FAULTS if fault.name == "bits flipped")
    async with Campaign(FORMS["cursor"].alone("ai_code_changes"), tmp_path) as campaign:
        [outcome] = await campaign.run(damaged, campaign.streams())
    assert outcome.problems == []


async def test_floods_take_little_memory_and_stop_nobody(tmp_path: Path) -> None:
    """A gzip bomb, a body of 10 GB and pages without end, all at once against one process."""
    spoilt = [
        (FORMS["cursor"].alone("ai_code_commits"), wire.gzip_bomb),
        (FORMS["tabnine"].alone("audit_log"), wire.huge_body),
        (FORMS["github org"].alone("copilot_seats"), contents.list_without_end(marked=True)),
    ]
    peak = await flooded(tmp_path, spoilt, FORMS["cursor"].alone("ai_code_changes"), seconds=3)
    assert peak.growth < MOST_GROWTH
    assert peak.well_polls > 0
    assert peak.requests > len(spoilt)


def test_every_stream_of_every_vendor_meets_the_faults() -> None:
    """A stream that is added needs no entry here; one that is off by default has a form in its case."""
    all_streams = {
        (account.vendor.name, stream) for account in ACCOUNTS for stream in account.streams
    }
    met = {(form.account.vendor.name, name) for form in FORMS.values() for name in form.streams}
    assert met == all_streams

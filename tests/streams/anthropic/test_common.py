"""What Anthropic's streams feed of the families that vendors have in common."""

from collections import Counter

import pytest

from tests.accounts import ACCOUNTS, Account

OURS = [account for account in ACCOUNTS if account.vendor.name == "anthropic"]


@pytest.mark.parametrize("account", OURS, ids=lambda account: account.name)
def test_each_family_has_one_source_in_an_account(account: Account) -> None:
    """What the API was used for and costs comes from its reports, what Claude Enterprise does from its own."""
    feeding = Counter(
        metric.name
        for stream in account.streams.values()
        for metric in stream.metrics
        if metric.name.startswith("assistant_")
    )
    assert feeding
    assert set(feeding.values()) == {1}


def test_an_account_has_one_kind_of_key() -> None:
    """No stream can be read by both."""
    names = [name for account in OURS for name in account.streams]
    assert len(names) == len(set(names))

"""The targets of the campaign: every stream of every vendor, by default and opted in."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench import simulated
from tests.accounts import ACCOUNTS, Account
from tests.streams.cases import CASES

_FORMS = {(case.vendor, case.stream): case.forms for case in CASES}


@dataclass(frozen=True, slots=True)
class Form:
    """One way to configure a target: an account and its streams with their options, and no other."""

    name: str
    account: Account
    streams: Mapping[str, Mapping[str, Any]]

    def target(self, account: str, url: str, directory: Path) -> dict[str, Any]:
        """The target's block of the configuration, for a proxy at `url`."""
        streams, scope = self.account.only(self.streams), self.account.scope
        return simulated.target(self.account.vendor.name, account, url, directory, streams, **scope)

    def alone(self, stream: str) -> "Form":
        """With one of its streams only."""
        return Form(f"{self.name}: {stream}", self.account, {stream: self.streams[stream]})


def _forms(account: Account) -> Iterator[Form]:
    """The streams that are on by default as they are, then all that have a first form, a second…"""
    by_default = [stream.name for stream in account.streams.values() if stream.by_default]
    yield Form(account.name, account, {name: {} for name in by_default})
    forms = {name: _forms_of(account, name) for name in account.streams}
    for number in range(max(map(len, forms.values()))):
        chosen = {name: each[number] for name, each in forms.items() if number < len(each)}
        for part, streams in enumerate(account.apart(chosen)):
            apart = f" apart {part}" if part else ""
            yield Form(f"{account.name}, form {number + 1}{apart}", account, streams)


def _forms_of(account: Account, stream: str) -> list[Mapping[str, Any]]:
    """The forms of a stream that the account can have."""
    return [form for form in _FORMS[account.vendor.name, stream] if account.allows(stream, form)]


FORMS = {form.name: form for account in ACCOUNTS for form in _forms(account)}

SHAPES = (
    FORMS["cursor"].alone("ai_code_commits"),
    FORMS["tabnine"].alone("usage"),
    FORMS["github enterprise"].alone("copilot_reports"),
    FORMS["github org"].alone("copilot_seats"),
)
"""A stream of each shape: events, buckets, a report, a snapshot."""

"""What a run of the campaign is narrowed to, and what it prints of it."""

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.faults.__main__ import main
from tests.faults.choice import chosen_faults, chosen_forms
from tests.faults.forms import FORMS
from tests.faults.table import FAULTS


@pytest.fixture(autouse=True)
def _logging() -> Iterator[None]:
    """The campaign ends all logging of its process."""
    yield
    logging.disable(logging.NOTSET)


def test_nothing_chosen_is_everything() -> None:
    assert chosen_forms(()) == [*FORMS.values()]
    assert chosen_faults(()) == [*FAULTS]


def test_streams_of_one_name_are_told_apart_by_their_vendor() -> None:
    """Every form of the account that has the stream, with nothing else in it."""
    chosen = chosen_forms(["cursor/audit_log"])
    assert {form.account.vendor.name for form in chosen} == {"cursor"}
    assert {tuple(form.streams) for form in chosen} == {("audit_log",)}
    both = chosen_forms(["*/audit_log"])
    assert {form.account.vendor.name for form in both} == {"cursor", "tabnine"}


def test_patterns_choose_several() -> None:
    vendors = {form.account.vendor.name for form in chosen_forms(["cursor/*"])}
    assert vendors == {"cursor"}
    assert [fault.name for fault in chosen_faults(["503*"])] == [
        "503",
        "503, Retry-After ten years",
    ]


def test_help_starts_nothing() -> None:
    result = CliRunner().invoke(main, ["--help"])
    assert result.exit_code == 0
    assert "--stream" in result.output


@pytest.mark.parametrize("option", ["--stream=cursor/spent", "--fault=504"])
def test_a_name_that_nothing_has_is_refused_with_those_that_there_are(option: str) -> None:
    result = CliRunner().invoke(main, [option])
    assert result.exit_code == 2
    assert "cursor/spend" in result.output or "503" in result.output


@pytest.mark.process
def test_what_is_chosen_is_run_and_written(tmp_path: Path) -> None:
    """A row for the fault, and a cell for each form that has the stream."""
    file = tmp_path / "table.md"
    arguments = [str(file), "--stream=cursor/members", "--fault=503"]
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 0, result.output
    assert "| 503 | `unavailable` | 3 |  | yes |" in file.read_text("utf-8")
    cells = len(chosen_forms(["cursor/members"]))
    assert f"{cells} cells, 0 wrong." in file.read_text("utf-8")

"""What was shown of people goes when the setting does: from the page, the state and the budget."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from exporter.poll.transform.privacy import Users
from tests.streams.cases import CASES
from tests.streams.harness import Case, Pipeline

NAMING = [case for case in CASES if case.people]


def shown(run: Pipeline, people: Sequence[str]) -> set[str]:
    return {person for person in people if person in run.page}


@pytest.mark.parametrize("case", NAMING, ids=lambda case: case.name)
@pytest.mark.parametrize("setting", [Users.OFF, Users.PSEUDONYM])
async def test_people_disappear_at_once_and_for_good(
    case: Case, setting: Users, tmp_path: Path
) -> None:
    """Before the next poll, and from the state file; what names nobody keeps its counters."""
    async with Pipeline(case, tmp_path, users=Users.PLAIN) as run:
        await run.poll()
        if not shown(run, case.people):
            pytest.skip("the golden page of this stream names nobody")
        naming = {m.name for m in run.stream.metrics if m.people or m.names_people}
        kept = [line for line in run.page.splitlines() if line.split("{")[0] not in naming]
        kept = [line for line in kept if not line.startswith("#")]
        await run.restart(users=setting)
        assert shown(run, case.people) == set()
        assert [line for line in kept if line not in run.page.splitlines()] == []
        state = await run.state()
        assert not any(person in repr(state) for person in case.people)
        await run.poll(after=1)
        assert shown(run, case.people) == set()


async def test_an_unchanged_setting_forgets_nothing(tmp_path: Path) -> None:
    """A restart with the same setting keeps every series."""
    case = next(case for case in NAMING if case.stream == "ai_code_commits")
    async with Pipeline(case, tmp_path, users=Users.PLAIN) as run:
        await run.poll()
        before = run.page
        await run.restart()
        assert run.page == before

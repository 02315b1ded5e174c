"""What the doctor says of Anthropic's keys, of which there are two kinds, and of its refusals."""

from pathlib import Path

import pytest

from exporter.preflight.doctor.finding import Check, Level
from tests.doctor.test_account import alone, refusing
from tests.doctor.world import asked, of_check, of_stream, target


@pytest.mark.parametrize(
    ("status", "message", "says"),
    [
        (401, "invalid x-api-key", "use an Admin key, made by an admin of the organization"),
        (401, "invalid x-api-key", "a key for the Messages API opens neither"),
        (402, "Your bill is overdue", "the organization's billing"),
        (403, "This API key has scopes [] but needs one of [x]", "lacks a scope: use an Admin key"),
        (403, "not for individuals", "not for individual accounts"),
        (404, "Not found", "the plan may not have the Admin API"),
    ],
)
async def test_refusals_of_anthropic_name_key_and_plan(
    status: int, message: str, says: str, tmp_path: Path
) -> None:
    """With Anthropic's document."""
    configured = target("anthropic", tmp_path, "key", streams=alone("anthropic", "organization"))
    found = of_stream(await asked(configured, refusing(status, message)), "organization")
    assert found.level is Level.FAIL
    assert says in str(found.remedy)
    assert str(found.document).startswith("https://platform.claude.com/docs/")


@pytest.mark.parametrize(
    ("api", "secret", "level"),
    [
        ("admin", "sk-ant-admin01-abc", Level.OK),
        ("admin", "sk-ant-api01-abc", Level.WARN),
        ("analytics", "sk-ant-api01-abc", Level.OK),
        ("analytics", "sk-ant-admin01-abc", Level.WARN),
        ("analytics", "another form of key", Level.FAIL),
        ("admin", "another-form-of-key", Level.OK),
    ],
)
async def test_a_key_that_looks_like_the_other_kind_is_told(
    api: str, secret: str, level: Level, tmp_path: Path
) -> None:
    """It is tried all the same: how keys begin is not promised."""
    configured = target("anthropic", tmp_path, secret, api=api)
    found = of_check(await asked(configured, refusing(401)), Check.CREDENTIAL)
    assert found.level is level
    assert secret not in repr(found)

"""What the client observes of answers besides their status: how long they took, when the credential ends."""

import httpx
import pytest

from exporter.client.errors import UnauthorizedError, UnavailableError
from exporter.client.expiry import credential_expiry
from exporter.client.request import Request
from exporter.telemetry.self_metrics import API_ANSWER, CREDENTIAL_EXPIRY, target_families
from exporter.telemetry.status import TargetStatus
from tests.client.support import LIST, Setup, answer

HEADER = "token-expiration"
END = 1_798_761_600.0


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2027-01-01 00:00:00 UTC", END),
        ("2027-01-01 00:00:00 +0000", END),
        ("2026-12-31 19:00:00 -0500", END),
        ("tomorrow", None),
        ("", None),
    ],
)
def test_the_end_is_read_in_both_forms(text: str, moment: float | None) -> None:
    """GitHub names UTC or an offset; what is no time is no end."""
    assert credential_expiry({HEADER: text}, HEADER) == moment


def test_without_the_header_there_is_no_end() -> None:
    assert credential_expiry({}, HEADER) is None


async def test_an_accepted_credential_tells_its_end_and_a_refused_one_does_not() -> None:
    """Another token that has no end takes the end away; a 401 says nothing of it."""
    setup = Setup(
        answer(token_expiration="2027-01-01 00:00:00 UTC"),
        httpx.Response(401),
        answer(),
        expiry_header=HEADER,
    )
    await setup.client.get(Request(LIST))
    with pytest.raises(UnauthorizedError):
        await setup.client.get(Request(LIST))
    assert setup.watch.ends == [END]
    await setup.client.get(Request(LIST))
    assert setup.watch.ends == [END, None]


async def test_a_vendor_that_tells_no_end_is_not_asked() -> None:
    setup = Setup(answer(token_expiration="2027-01-01 00:00:00 UTC"))
    await setup.client.get(Request(LIST))
    assert setup.watch.ends == []


async def test_the_time_of_every_request_is_observed() -> None:
    """Of answers and of failures: one for each request that is counted."""
    setup = Setup(answer(), httpx.ReadTimeout("slow"), tries=1)
    await setup.client.get(Request(LIST))
    with pytest.raises(UnavailableError):
        await setup.client.get(Request(LIST))
    assert len(setup.watch.answers) == len(setup.watch.codes) == 2
    assert all(0 <= seconds < 60 for seconds in setup.watch.answers)


def test_both_are_shown_for_the_target() -> None:
    """The time adds up; an end that is not known is no series."""
    status = TargetStatus("github", "acme")
    status.answered(0.25)
    status.answered(0.5)
    families = target_families(status)
    assert [point.value for point in families[API_ANSWER]] == [0.75]
    assert families[CREDENTIAL_EXPIRY] == []
    status.credential_ends(END)
    assert [p.value for p in target_families(status)[CREDENTIAL_EXPIRY]] == [END]

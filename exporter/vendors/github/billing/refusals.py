"""What a bill that is not there may mean."""

from exporter.streams import kit

BILLED_ELSEWHERE = (
    "an organization that is billed through its enterprise has no bill of its own: give enterprise"
)
_OF_ORGANIZATION = "/organizations/"
_BILL = "/usage answered"
"""In the message of an error of the bill itself; of its other parts a 404 means less."""


def explain(error: kit.PollError) -> kit.PollError:
    """A bill that is not found, in words."""
    if not isinstance(error, kit.NotFoundError) or _BILL not in str(error):
        return error
    elsewhere = f"{BILLED_ELSEWHERE}. " if _OF_ORGANIZATION in str(error) else ""
    return kit.NotFoundError(
        f"{error}; {elsewhere}The account must be on the enhanced billing platform"
    )

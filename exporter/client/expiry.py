"""When a credential ends, where a vendor tells with its answers."""

from collections.abc import Mapping
from datetime import datetime


def credential_expiry(headers: Mapping[str, str], name: str) -> float | None:
    """The Unix time in the header of this name; None without one, or with one of another form."""
    text = headers.get(name, "").replace("UTC", "+0000")
    try:
        return datetime.strptime(text, "%Y-%m-%d %H:%M:%S %z").timestamp()
    except ValueError:
        # It only serves a warning: an answer is as good without it.
        return None

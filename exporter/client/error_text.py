"""What a request that failed says of itself, in words that may be shown."""

import re
from collections.abc import Iterable
from typing import Any

import httpx
import msgspec

from exporter.client.body import BrokenBodyError
from exporter.client.reaching import UnreachedError

_LONGEST_MESSAGE = 200
_LONGEST_ADVICE = 600
"""The name of a host may have 253 characters, and the remedy stands behind it."""
_LONGEST_SCANNED = 4096
_EMAIL = re.compile(r"[\w.+%'=-]{1,64}@[\w.-]{1,255}")
_USER = re.compile(
    r"""\b(user(?: id|name)?:? )(?:[0-9]+|'[^']{1,64}'|"[^"]{1,64}"|`[^`]{1,64}`)""", re.IGNORECASE
)
_URL_QUERY = re.compile(r"(https?://[^\s?#\"'<>]{1,2048})[?#][^\s\"'<>]*")


def describe(problem: Exception) -> str:
    """A transport error in words, without headers and URLs."""
    if isinstance(problem, UnreachedError):
        return shortened(str(problem), _LONGEST_ADVICE)
    if isinstance(problem, httpx.ConnectError | httpx.ProxyError | BrokenBodyError):
        return shortened(str(problem)) or type(problem).__name__
    if isinstance(problem, httpx.TimeoutException | TimeoutError):
        return f"no answer in time ({type(problem).__name__})"
    return f"the connection broke ({type(problem).__name__})"


def vendor_message(body: bytes, content_type: str, secrets: Iterable[str] = ()) -> str:
    """What an error body says, on one line, without secrets, signed links and names of people."""
    text = ""
    if "json" in content_type or body[:1] == b"{":
        text = _json_message(body)
    elif content_type.startswith("text/plain"):
        text = body.decode("utf-8", "replace")
    for secret in secrets:
        text = text.replace(secret, "[secret]")
    return shortened(text)


def vendor_document(body: bytes) -> str:
    """The page about an error that its body names, as GitHub's do."""
    content = _json(body)
    found = content.get("documentation_url") if isinstance(content, dict) else None
    return found if isinstance(found, str) else ""


def _json(body: bytes) -> Any:
    """What a body holds, or None where that is no JSON."""
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def _json_message(body: bytes) -> str:
    content = _json(body)
    for _ in range(2):
        if not isinstance(content, dict):
            return ""
        for name in ("message", "error_description", "detail", "error"):
            value = content.get(name)
            if isinstance(value, str) and value:
                return value
        content = content.get("error")
    return ""


def shortened(text: str, longest: int = _LONGEST_MESSAGE) -> str:
    """A text on one line, without names of people and the secrets of links, cut where it is too long."""
    text = text[:_LONGEST_SCANNED]
    text = _EMAIL.sub("[e-mail]", _URL_QUERY.sub(r"\1?[...]", text))
    text = _USER.sub(r"\1[somebody]", text)
    text = "".join(char if char.isprintable() else " " for char in text)
    text = " ".join(text.split())
    return text if len(text) <= longest else text[: longest - 1] + "…"

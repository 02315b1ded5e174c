"""What a stream remembers between polls, as a type of its own."""

import logging
from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec

_log = logging.getLogger(__name__)

_Kind = TypeVar("_Kind", bound=msgspec.Struct)


def recalled(progress: Mapping[str, Any], kind: type[_Kind]) -> _Kind:
    """The progress as `kind`, whose fields all have defaults; what does not fit is forgotten.

    Another version may have left it. Without it a stream only reads again what it has read.
    """
    try:
        return msgspec.convert(progress, kind)
    except (msgspec.ValidationError, UnicodeError) as error:
        _log.warning("what was remembered of a stream cannot be used: reason=%r", str(error))
        return kind()

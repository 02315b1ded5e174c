"""Secrets, and the headers that show them to a vendor."""

import base64
import binascii
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeAlias

from exporter import log
from exporter.client.errors import SecretError

_log = log.logger(__name__)

Stamp: TypeAlias = tuple[int, int, int]

_LARGEST_SECRET = 64 * 1024

DIRECTORY_REMEDY = "a mount makes one where its source is missing; see that the source is a file, and mount it again"


class Secret:
    """A text from a file, read again when it changes, or from the environment; never shown."""

    __slots__ = ("_environ", "_former", "_name", "_path", "_stamp", "_value")

    def __init__(self, path: Path | None, name: str, environ: Mapping[str, str]) -> None:
        self._path = path
        self._name = name
        self._environ = environ
        self._stamp: Stamp | None = None
        self._value = ""
        self._former = ""

    @classmethod
    def from_file(cls, path: str | Path) -> "Secret":
        """The content of a file without its last line end, and without a byte order mark."""
        return cls(Path(path), "", {})

    @classmethod
    def from_env(cls, name: str, environ: Mapping[str, str]) -> "Secret":
        """The value of an environment variable."""
        return cls(None, name, environ)

    @property
    def source(self) -> str:
        """Where it comes from, for messages."""
        return f"variable {self._name}" if self._path is None else f"file {self._path}"

    def __repr__(self) -> str:
        return f"Secret({self.source})"

    def read(self) -> str:
        """The value; `SecretError` when there is none."""
        value = self._read_environ() if self._path is None else self._read_file(self._path)
        if not value:
            raise SecretError(f"secret {self.source} is empty", "put the credential into it")
        return value

    def invalidate(self) -> None:
        """Forget the value, so that the next use reads it again."""
        self._stamp = None
        self._value = ""

    def _read_environ(self) -> str:
        value = self._environ.get(self._name)
        if value is None:
            raise SecretError(
                f"secret {self.source} is not set", "set it in the environment of the exporter"
            )
        return value.rstrip("\r\n")

    def _read_file(self, path: Path) -> str:
        try:
            if self._stamp is None or self._stamp != stamp(path.stat()):
                with path.open("rb") as file:
                    # Stamped before reading, so that a change in between is noticed the next time.
                    read = stamp(os.fstat(file.fileno()))
                    content = file.read(_LARGEST_SECRET + 1)
                if len(content) > _LARGEST_SECRET:
                    raise SecretError(
                        f"secret {self.source} is larger than 64 KiB", "is it the right file?"
                    )
                self._value = _decoded(content, self.source).rstrip("\r\n")
                self._stamp = read
                if self._former not in ("", self._value):
                    _log.info("the credential was renewed", source=self.source)
                self._former = self._value
        except IsADirectoryError as error:
            raise SecretError(f"secret {self.source} is a directory", DIRECTORY_REMEDY) from error
        except OSError as error:
            self.invalidate()
            raise SecretError(
                f"secret {self.source} cannot be read ({error.strerror})",
                "check that it exists and that the exporter's user may read it",
            ) from error
        return self._value


class Credential(Protocol):
    """Gives the headers that authorize a request."""

    async def headers(self) -> Mapping[str, str]: ...

    def invalidate(self) -> bool:
        """The vendor refused the credential (401): read or fetch it again for the next request.

        Returns True where another one is available at once; the request is then tried again.
        """


class _OfSecret:
    """What a credential is that is one secret: once it was refused, it is read again."""

    __slots__ = ()
    secret: Secret

    def invalidate(self) -> bool:
        self.secret.invalidate()
        return False


@dataclass(frozen=True, slots=True)
class Bearer(_OfSecret):
    """`Authorization: Bearer SECRET`."""

    secret: Secret

    async def headers(self) -> Mapping[str, str]:
        return {"Authorization": f"Bearer {header_value(self.secret)}"}


@dataclass(frozen=True, slots=True)
class Basic(_OfSecret):
    """HTTP Basic: the secret is a key used as the user name, or else `user:password`."""

    secret: Secret
    user_is_key: bool = True

    async def headers(self) -> Mapping[str, str]:
        value = header_value(self.secret)
        if self.user_is_key == (":" in value):
            expected = "a key without ':'" if self.user_is_key else "of the form user:password"
            raise SecretError(
                f"secret {self.secret.source} has the wrong form", f"it must be {expected}"
            )
        pair = f"{value}:" if self.user_is_key else value
        return {"Authorization": f"Basic {base64.b64encode(pair.encode('ascii')).decode()}"}


@dataclass(frozen=True, slots=True)
class HeaderKey(_OfSecret):
    """The secret in a header of the vendor's own, such as `X-Api-Key`."""

    name: str
    secret: Secret

    async def headers(self) -> Mapping[str, str]:
        return {self.name: header_value(self.secret)}


def secrets_in(headers: Mapping[str, str]) -> list[str]:
    """The secrets in request headers, longest first, to be removed from what the vendor says."""
    found: set[str] = set()
    for value in headers.values():
        scheme, _, word = value.partition(" ")
        found |= {value, word or scheme}
        if scheme == "Basic":
            try:
                pair = base64.b64decode(word).decode("latin-1")
            except binascii.Error:
                continue
            found |= {pair, *pair.split(":", 1)}
    return sorted(found - {""}, key=len, reverse=True)


_ALONE = "it must be the credential alone"
_WRAPPED = tuple(
    (re.compile(form), problem, remedy)
    for form, problem, remedy in (
        (r"""(["']).*\1$""", "has quotes around it", "remove them: the file is taken as it is"),
        (r"[{\[]", "is JSON", f"{_ALONE}, without the document around it"),
        (
            r"(?i)(authorization: *)?(bearer|basic|token) +",
            "begins with the name of a scheme, as in a header",
            f"{_ALONE}, without Bearer, Basic or token before it",
        ),
        (
            r"(export +)?[A-Za-z_]\w*=[^=]",
            "is an assignment, NAME=VALUE",
            f"{_ALONE}, without a name before it",
        ),
        (r"\S*\s", "has a blank inside", f"{_ALONE}, one word"),
    )
)
"""What people put around a credential, and vendors refuse without saying why."""


def header_value(secret: Secret) -> str:
    """The secret as the value of a header; `SecretError` where no header can hold it."""
    value = secret.read()
    if not all(" " <= char <= "~" for char in value):
        raise SecretError(
            f"secret {secret.source} has a line break or a character that no HTTP header can carry",
            "it must be the credential alone, on one line",
        )
    if value != value.strip():
        raise SecretError(f"secret {secret.source} has spaces around it", "remove them")
    for form, problem, remedy in _WRAPPED:
        if form.match(value):
            raise SecretError(f"secret {secret.source} {problem}", remedy)
    return value


def _decoded(content: bytes, source: str) -> str:
    try:
        # Editors on Windows put a byte order mark in front, which is no part of the credential.
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        # Without the cause: a traceback would show the bytes of the secret.
        raise SecretError(f"secret {source} is not UTF-8 text", "is it the right file?") from None


def stamp(status: os.stat_result) -> Stamp:
    """A value that changes whenever a file is written or replaced."""
    return status.st_mtime_ns, status.st_ino, status.st_size

"""Secrets are read when needed, re-read when they change, and shown to nobody but the vendor."""

import base64
import os
from pathlib import Path

import pytest

from exporter.client.auth import Basic, Bearer, HeaderKey, Secret, secrets_in
from exporter.client.errors import UnauthorizedError


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "token"
    path.write_text("first\n", encoding="utf-8")
    return path


def test_a_file_loses_only_its_line_end(file: Path) -> None:
    """Editors end files with a line break; it is not part of the secret."""
    file.write_bytes(b"to ken\r\n")
    assert Secret.from_file(file).read() == "to ken"


def test_a_file_loses_its_byte_order_mark(file: Path) -> None:
    """Some editors begin files with one; it is not part of the secret."""
    file.write_bytes(b"\xef\xbb\xbftoken\r\n")
    assert Secret.from_file(file).read() == "token"


def test_a_changed_file_is_read_again(file: Path) -> None:
    """Rewriting in place and replacing the file are both noticed."""
    secret = Secret.from_file(str(file))
    assert secret.read() == "first"
    file.write_text("second!\n", encoding="utf-8")
    assert secret.read() == "second!"
    other = file.with_name("other")
    other.write_text("thirdly\n", encoding="utf-8")
    other.replace(file)
    assert secret.read() == "thirdly"


def test_invalidate_forces_a_re_read(file: Path) -> None:
    """A change that leaves no trace in the file's status is seen after a refusal."""
    secret = Secret.from_file(file)
    assert secret.read() == "first"
    status = file.stat()
    with file.open("r+", encoding="utf-8") as same:
        same.write("other")
    os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert secret.read() == "first"
    Bearer(secret).invalidate()
    assert secret.read() == "other"


def test_the_environment_is_read_each_time() -> None:
    """The value is taken from the mapping that was handed in."""
    environ = {"TOKEN": "a\n"}
    secret = Secret.from_env("TOKEN", environ)
    assert secret.read() == "a"
    environ["TOKEN"] = "b"
    assert secret.read() == "b"


def test_problems_name_the_source_and_the_remedy(tmp_path: Path) -> None:
    """Missing, empty, binary and oversized secrets each say what is wrong, and where."""
    path = tmp_path / "token"
    with pytest.raises(UnauthorizedError, match=f"{path}.*cannot be read.*check that it exists"):
        Secret.from_file(path).read()
    path.write_text("\n", encoding="utf-8")
    with pytest.raises(UnauthorizedError, match=f"{path}.*empty"):
        Secret.from_file(path).read()
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(UnauthorizedError, match=f"{path}.*not UTF-8"):
        Secret.from_file(path).read()
    path.write_text("x" * 70_000, encoding="utf-8")
    with pytest.raises(UnauthorizedError, match=f"{path}.*larger than 64 KiB"):
        Secret.from_file(path).read()
    with pytest.raises(UnauthorizedError, match=r"TOKEN.*not set"):
        Secret.from_env("TOKEN", {}).read()
    with pytest.raises(UnauthorizedError, match=r"TOKEN.*empty"):
        Secret.from_env("TOKEN", {"TOKEN": ""}).read()


def test_no_repr_shows_the_value(file: Path) -> None:
    """Not of the secret, not of a credential that holds it."""
    secret = Secret.from_file(file)
    secret.read()
    for thing in (secret, Bearer(secret), Basic(secret), HeaderKey("X-Key", secret)):
        assert "first" not in f"{thing!r} {thing!s}"
        assert str(file) in repr(thing)


async def test_each_scheme_writes_its_header() -> None:
    """Bearer, Basic with the key as user, Basic with user and password, and a header of its own."""
    secret = Secret.from_env("K", {"K": "key_1"})
    pair = Secret.from_env("P", {"P": "me:pass:word"})
    assert await Bearer(secret).headers() == {"Authorization": "Bearer key_1"}
    assert await HeaderKey("X-Api-Key", secret).headers() == {"X-Api-Key": "key_1"}
    for basic, expected in ((Basic(secret), "key_1:"), (Basic(pair, False), "me:pass:word")):
        scheme, _, coded = (await basic.headers())["Authorization"].partition(" ")
        assert (scheme, base64.b64decode(coded).decode()) == ("Basic", expected)


@pytest.mark.parametrize(
    "value",
    [
        "two\nlines",
        "a\rb",
        "nul\0",
        "\ufeffbom",
        "t\u00f6k\u20ac",
        "t\u00f6k",
        "a\xa0b",
        "\xff",
        " x",
    ],
)
async def test_a_value_that_no_header_can_carry_is_refused_without_showing_it(value: str) -> None:
    """Anything but printable ASCII, by every scheme; the error names the source and not the value."""
    secret = Secret.from_env("K", {"K": value})
    for credential in (Bearer(secret), HeaderKey("X-Key", secret), Basic(secret)):
        with pytest.raises(UnauthorizedError, match="variable K") as caught:
            await credential.headers()
        assert value not in str(caught.value)


@pytest.mark.parametrize(("value", "user_is_key"), [("a:b", True), ("ab", False)])
async def test_basic_refuses_the_wrong_form(value: str, user_is_key: bool) -> None:
    """A colon would silently move the end of the user name."""
    with pytest.raises(UnauthorizedError, match="must be"):
        await Basic(Secret.from_env("K", {"K": value}), user_is_key).headers()


async def test_all_forms_of_a_secret_are_found_for_redaction() -> None:
    """The word after the scheme, the coded pair, and both of its halves."""
    headers = await Basic(Secret.from_env("P", {"P": "me:pw"}), user_is_key=False).headers()
    assert {"me", "pw", "me:pw", "bWU6cHc="} <= set(secrets_in(headers))
    assert "" not in secrets_in(headers)

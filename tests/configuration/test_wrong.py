"""Wrong configurations, each with the whole message that it gives: wrong.md has them for people to read.

After a change that is meant: `pytest --update-goldens tests/configuration`, then read the difference.
"""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from exporter.config.file import parse
from exporter.config.text import ConfigError

TABLE = Path(__file__).parent / "wrong.md"
FEWEST = 120

FILES = {
    "good.token": "a-token",
    "empty.token": "",
    "blank.token": "\n",
    "quoted.token": "'a-token'",
    "bearer.token": "Bearer a-token",
    "header.token": "Authorization: Bearer a-token",
    "assigned.token": "GITHUB_TOKEN=a-token",
    "exported.token": "export GITHUB_TOKEN=a-token",
    "json.token": '{"token": "a-token"}',
    "two-words.token": "a token",
    "two-lines.token": "a-token\nanother",
    "padded.token": " a-token ",
    "large.token": "x" * 70_000,
    "umlaut.token": "t\u00f6ken",
    "short.key": "short",
    "no.pem": "no certificate",
}
"""The files that the configurations name, beside `missing.token` and the folder `directory`."""

_ENTRY = re.compile(
    r"^### (?P<name>[^\n]+)\n\n```yaml\n(?P<text>.*?)```\n\n```text\n(?P<said>.*?)```\n",
    re.MULTILINE | re.DOTALL,
)


class Wrong(NamedTuple):
    """A configuration that is refused, and what is said of it."""

    name: str
    text: str
    said: str


def entries() -> Iterator[Wrong]:
    for found in _ENTRY.finditer(TABLE.read_text(encoding="utf-8")):
        yield Wrong(found["name"], found["text"], found["said"])


ENTRIES = list(entries())


@pytest.fixture(autouse=True)
def _files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TOKEN", "a-token")
    monkeypatch.setenv("EMPTY", "")
    for name, content in FILES.items():
        Path(name).write_text(content, encoding="utf-8")
    Path("directory").mkdir()


def _said(text: str) -> str:
    with pytest.raises(ConfigError) as refusal:
        parse(text, "config.yaml")
    return f"{refusal.value}\n"


@pytest.mark.parametrize("wrong", ENTRIES, ids=lambda wrong: wrong.name)
def test_a_wrong_configuration_is_told_with_its_places(wrong: Wrong) -> None:
    """Every line begins with the file and the line."""
    lines = _said(wrong.text).splitlines()
    assert all(re.match(r"config\.yaml:\d+:", line) for line in lines)


def test_they_are_told_in_these_words(golden: Callable[[Path, str], None]) -> None:
    """The whole document, with what is said in place of what stands there."""

    def told(found: re.Match[str]) -> str:
        start = found[0].removesuffix(f"{found['said']}```\n")
        return f"{start}{_said(found['text'])}```\n"

    golden(TABLE, _ENTRY.sub(told, TABLE.read_text(encoding="utf-8")))


def test_there_are_many_and_each_has_a_name_of_its_own() -> None:
    text = TABLE.read_text(encoding="utf-8")
    assert len(ENTRIES) >= FEWEST
    assert len({wrong.name for wrong in ENTRIES}) == len(ENTRIES) == text.count("\n### ")

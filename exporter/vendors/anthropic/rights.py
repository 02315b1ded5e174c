"""Which API a stream reads, and where Anthropic describes it."""

from dataclasses import dataclass

_DOCS = "https://platform.claude.com/docs/en/build-with-claude"


@dataclass(frozen=True, slots=True)
class Right:
    """An API that one of the two kinds of key opens, and its document."""

    api: str
    document: str


ADMINISTRATION = Right("the Admin API", f"{_DOCS}/administration-api")
CLAUDE_CODE = Right("the Claude Code Analytics API", f"{_DOCS}/claude-code-analytics-api")
ANALYTICS = Right("the Enterprise Analytics API", f"{_DOCS}/enterprise-analytics-api")
REPORTS = Right("the Usage and Cost API", f"{_DOCS}/usage-cost-api")

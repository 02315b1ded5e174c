"""The workspace of what has no workspace: Anthropic gives the default one no id in its reports."""

DEFAULT = "default"
DEFAULT_NAME = "Default"
"""As the Console calls it."""


def workspace_of(workspace_id: str | None) -> str:
    """The value of the label `workspace`: the id, which stays when a workspace is renamed."""
    return workspace_id or DEFAULT

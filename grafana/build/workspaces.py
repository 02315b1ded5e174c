"""Anthropic's workspaces by name: their series have ids, because names change and two may have the same."""

INFO = "topk by (account, workspace) (1, anthropic_workspace_info{@})"
"""One name for each workspace, also where two exporters have not both seen it renamed."""

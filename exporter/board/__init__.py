"""The rendered pages that /metrics serves."""

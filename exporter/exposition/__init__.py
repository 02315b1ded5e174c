"""The exposition: the catalogue of metrics, and the rendered pages that /metrics serves."""

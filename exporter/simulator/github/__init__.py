"""GitHub's API, simulated."""

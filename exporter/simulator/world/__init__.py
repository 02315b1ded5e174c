"""The world that all simulated vendors speak of, and what is true in it."""

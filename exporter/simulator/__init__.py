"""The vendors' APIs on loopback, from one seeded world that knows the truth."""

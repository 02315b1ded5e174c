"""One poll: windows, privacy, budget, ledger, and when to run the next."""

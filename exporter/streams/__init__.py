"""The kit that streams are written with: their contract, their requests, their tables of metrics."""

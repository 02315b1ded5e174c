"""What runs: targets with their streams, brought to another configuration while they poll."""

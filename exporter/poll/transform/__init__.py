"""What becomes of samples before they are counted: people, small groups, labels, the budget of series."""

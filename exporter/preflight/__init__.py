"""What can be told before polling: the plan of a configuration, and what the doctor finds."""

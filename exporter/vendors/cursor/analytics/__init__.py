"""What a team does with Cursor by UTC day, one metric of the Analytics API beside the other."""

"""The audit log of a Tabnine organization."""

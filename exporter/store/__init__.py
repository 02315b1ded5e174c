"""What has been counted, kept on disk."""

"""The bill of an enterprise from the export files that GitHub makes on request."""

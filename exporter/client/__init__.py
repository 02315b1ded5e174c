"""The only code that talks to vendors."""

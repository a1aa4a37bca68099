"""The index, and finding in it."""

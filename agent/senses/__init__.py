"""Seeing what has changed in folders, mail and calendars."""

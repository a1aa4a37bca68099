"""Reading values out of texts, turning reported speech, correcting."""

"""What may be done, what must be shown, and what an approval binds to."""

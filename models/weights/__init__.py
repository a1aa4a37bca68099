"""The shipped action model and its card."""

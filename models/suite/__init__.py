"""The frozen evaluation suite. Never trained on, never tuned on, never changed to fit a model."""

"""What the kernel holds shut, and the parsers that run behind it."""

"""What Nearhand knows of language: everything here is derived from the declared actions."""

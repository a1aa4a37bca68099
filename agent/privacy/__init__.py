"""The seal on the program itself, and the attempts to break it."""

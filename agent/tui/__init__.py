"""The terminal app: one line to say what is wanted, a card that shows what will happen, and everything that happened.

A front end over `agent/loop.py`, like the command line. `desk.py` owns the engine in one thread and posts messages
(`messages.py`); widgets show values and never look at the world. Only here is `textual` imported.
"""

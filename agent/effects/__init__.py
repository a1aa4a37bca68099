"""Doing and undoing: the journal, the executor, the outbox."""

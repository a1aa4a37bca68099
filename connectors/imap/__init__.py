"""Keeping a Maildir in step with a server over IMAP."""

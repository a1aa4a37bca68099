"""Mail in a Maildir."""

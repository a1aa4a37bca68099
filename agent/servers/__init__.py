"""The person's accounts: secrets, checks, synchronizing, posting."""

"""The grammar of times in words; `spans` is its front door."""

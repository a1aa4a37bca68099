"""Standing rules: what sets them off, what they may do alone, what they did."""

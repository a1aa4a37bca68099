"""Turns the person's own words into times, people and things, exactly or not at all."""

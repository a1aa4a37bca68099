"""What a person sees: sentences, items, differences, cards."""

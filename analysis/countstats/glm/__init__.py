"""Logistic, ordinal and multinomial models on counts."""

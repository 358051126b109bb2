"""Performance, validation and use of risk models, from counts by risk."""

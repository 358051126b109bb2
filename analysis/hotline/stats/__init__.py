"""Statistics from counts and summaries: only what no well-kept library has, one method family per file."""

"""The way from one row per call or pupil to every result of notebooks 02 to 08; held in `test_rows_and_counts`."""

"""Counts by named variables: the only way from the cleaned tables to a notebook.

query           tally, tallies, asked: checked, counted, written down
scan_plan       several tallies from one scan of a table
duckdb_engine   what counts: DuckDB, and the only module here that knows it
"""

"""Counts by named variables: the only way from the cleaned tables to a notebook.

query           tally(table, by, where), tallies(table, bys), asked(): request checked, counted, logged
session         what a notebook keeps between its tallies
scan_plan       several tallies from one scan of a table
duckdb_engine   counting by DuckDB, and the only module here that knows it
"""

"""Headings and rows of text from files of every kind. What a text means is not guessed.

table           what an opened export gives: headings and rows
kinds           what a file is by its first bytes, and who opens it
foreign         files that no export is read from: what each is, and what to do with it
csv_file        CSV: encodings, delimiters, headings
csv_rows        the rows of a CSV text, of which a quotation mark swallows none
excel           Excel workbooks, by calamine
workbook_xml    what calamine does not say of a sheet: errors, formulas without a value, how far it reaches
merged_cells    merged cells, filled down or not to be read
sheet_remarks   what the user should know of a sheet's cells
parquet         Parquet, which DuckDB reads by itself
"""

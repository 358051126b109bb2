"""What codebook.yaml may hold, and every fault that it can have.

fields        the dataclasses of an entry: Field, Code, Constraints
texts         texts freed of what input methods leave behind
shape         an entry held against the dataclasses by pydantic, its complaints in words
names         names that a variable cannot have, with the reason
constraints   the constraints of a Table Schema: which go with which type, and what they say
time_formats  the forms of a time: which can be read, and which fit two readings
checks        faults of one field
built_in      variables that cleaning writes for every hotline
together      faults of the fields together: what is missing, what refers to nothing
top           the keys beside the list of fields
"""

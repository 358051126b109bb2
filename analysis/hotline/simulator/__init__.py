"""The simulated hotline: calls as they might happen, and the export that a ticket system would make of them.

draws         numbers of published.yml, and random draws from them
scenario      what happens at the hotline, from the caller to the counsellor's form
export        the calls as an export, with the spellings and faults of real ones
level_model   the model that makes the level, its true coefficients and its fit
recovery      whether an analysis recovers the simulator's own coefficients
null_tests    how often the tests of the study reject where there is nothing to find

Used by simulate.ipynb and recovery.ipynb alone.
"""

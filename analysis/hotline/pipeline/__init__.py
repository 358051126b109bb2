"""The steps of the study: parameters, execution and outputs that are whole or absent.

schedule          the runs of the notebooks, and their order
notebook_source   names of the notebooks, and their code
params            params.yml, read and checked
parameter_types   types of parameters, with the values that each allows
memo              answers kept from one run to the next
fingerprint       what a step's outputs depend on
private           what a run on real records says of an error, and who may read its files
redaction         an executed notebook without what might quote a record
execute           one notebook, by papermill
kernel            kernels forked from a process that has imported what notebooks need
page              the executed notebook as a page
output_folder     a folder of outputs that is whole or absent
step              one step, safely (python -m hotline.pipeline.step)
score             a risk for each row of an export (python -m hotline.pipeline.score)
"""

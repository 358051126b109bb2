"""The study's models: what they are made of, what can be estimated, and the model that is handed on.

predictors    the outcome, and what may predict it, by block and by when it is known
cohort        the cases of a risk model: complete ones, their random split, and the samples held out
comparable    what can be compared, and the sentence where nothing can
estimable     the part of a logistic model that the counts can estimate
alternatives  other analyses of the same question, such as clustered errors or imputed gaps
sensitivity   several analyses of one question side by side
validation    samples, groups, comparisons and recalibrations of a validation as frames
risk_model    the model as a small file;  model_card: what it is for, in words
"""

"""The study's models: what they are made of, what can be estimated, and the model that is handed on.

predictors    the outcome (Outcome) and what may predict it (predictors, in_order, refuse_late, unusable)
cohort        the cases of a risk model (select_cohort), their split (split_cohort) and the samples held out
              (external_samples)
comparable    what can be compared, and the sentence where nothing can (refuse, levels_present, levels_to_compare)
selection     which answered calls were assessed (by_assessment, not_assessed), and weights for them (weights,
              weighted_levels)
estimable     the part of a logistic model that the counts can estimate (estimable)
sensitivity   the cells of other analyses (cells_with_cluster, can_fit, with_auxiliaries), all analyses side by side
              (gather, compare, strongest_terms) and rare categories (rarest, rare_combinations)
validation    samples, groups, comparisons and recalibrations of a validation as frames
gaps          cases with a predictor not recorded: their formula (fit), their patterns, and submodels to compare with
later_calls   later calls of a caller: recalibrated (recalibrate), judged (out_of_fold, judge_each), or refused (settle)
risk_model    the model as a small file (RiskModel, Formula, LaterCalls, Sample, read)
model_card    the model in words (card)
"""

"""Intervals and tests clustered by person: proportions, ROC curves, regression error, paired differences, bootstrap."""

from privnb.stats.bootstrap import paired_bootstrap, person_draws
from privnb.stats.differences import accuracy_difference, mae_difference, r2_difference, tpr_difference_at_fpr
from privnb.stats.estimate import Estimate, unseen_share
from privnb.stats.means import mae, mean_interval, r2
from privnb.stats.multiple import bonferroni_level, holm
from privnb.stats.proportions import (
    balanced_accuracy,
    clopper_pearson,
    newcombe_difference,
    proportion,
    proportion_difference,
    wilson,
)
from privnb.stats.ranking import auc, auc_difference, detectable_auc, hanley_mcneil_error
from privnb.stats.rates import (
    NotResolvable,
    flagged_at_fpr,
    people_needed,
    tpr_at_fpr,
    tpr_at_fprs,
    unbounded_below,
)
from privnb.stats.roc import RocBand, roc_band, step_roc, thinned
from privnb.stats.thresholds import crossfit_decisions

__all__ = [
    "Estimate",
    "NotResolvable",
    "RocBand",
    "accuracy_difference",
    "auc",
    "auc_difference",
    "balanced_accuracy",
    "bonferroni_level",
    "clopper_pearson",
    "crossfit_decisions",
    "detectable_auc",
    "flagged_at_fpr",
    "hanley_mcneil_error",
    "holm",
    "mae",
    "mae_difference",
    "mean_interval",
    "newcombe_difference",
    "paired_bootstrap",
    "people_needed",
    "person_draws",
    "proportion",
    "proportion_difference",
    "r2",
    "r2_difference",
    "roc_band",
    "step_roc",
    "thinned",
    "tpr_at_fpr",
    "tpr_at_fprs",
    "tpr_difference_at_fpr",
    "unbounded_below",
    "unseen_share",
    "wilson",
]

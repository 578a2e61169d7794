"""Checks across sections: names that must exist, columns, files, estimators, and variants that refer to each other."""

from privnb.spec.check_data import check_columns, check_data_source, check_roles
from privnb.spec.check_gates import check_gates
from privnb.spec.check_model import check_estimators, check_model_file, check_training
from privnb.spec.check_variants import check_release, check_retraining, check_variants
from privnb.spec.draft import Draft

CHECKS = (
    check_data_source,
    check_columns,
    check_roles,
    check_model_file,
    check_estimators,
    check_training,
    check_variants,
    check_retraining,
    check_release,
    check_gates,
)


def check_all(draft: Draft) -> None:
    """Run every check; each notes its problems in the draft and skips what an earlier step found malformed."""
    for check in CHECKS:
        check(draft)

"""Units of a stage computed side by side, each kept in the run folder's store when it ends."""

from privnb.run.units.environment import units_from_environment
from privnb.run.units.stored import StoredUnits, check_backend

__all__ = ["StoredUnits", "check_backend", "units_from_environment"]

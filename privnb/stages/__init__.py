"""The stages: found by the presence of their file, and joined with the language of the spec."""

from privnb.stages.registry import advice_of, assessments, chosen_mitigations, facts, load_spec, mitigations, stages

__all__ = ["advice_of", "assessments", "chosen_mitigations", "facts", "load_spec", "mitigations", "stages"]

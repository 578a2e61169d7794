"""The stages: found by the presence of their file, and joined with the language of the spec."""

from privnb.stages.registry import assessments, facts, load_spec, mitigations, stages

__all__ = ["assessments", "facts", "load_spec", "mitigations", "stages"]

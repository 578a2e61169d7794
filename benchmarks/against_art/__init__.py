"""The sections of benchmarks/attacks.py, one module for each kind of attack."""

"""Figures of the real gate and turn code in virtual time: `python -m tests.bench`."""

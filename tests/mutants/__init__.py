"""The proof that the tests of ARCHITECTURE.md can fail: the handling of each fault is taken out, and they must notice.

`python -m tests.mutants` runs all of it; `*.toml` are its catalogue: a table for each mutant, by its row there.
"""

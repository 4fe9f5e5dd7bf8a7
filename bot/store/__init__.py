"""One Store over drivers: SQL in named files, numbered migrations."""

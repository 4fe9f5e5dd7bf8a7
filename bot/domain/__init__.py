"""Pure: what Easel knows, with no I/O, no clock, no randomness, no discord and no httpx."""

"""What cogs call."""

"""What members see: cards as plain data, and every sentence in one place."""

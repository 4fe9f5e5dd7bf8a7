"""The SQL files travel as package data."""

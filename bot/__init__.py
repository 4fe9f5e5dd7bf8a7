"""Easel: a Discord bot with which a community makes images and videos."""

__version__ = "0.1.0"

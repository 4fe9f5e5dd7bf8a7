"""The side of Easel that speaks to Discord."""

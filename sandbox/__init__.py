"""The stand-in world: everything Easel talks to, on this machine and without an account."""

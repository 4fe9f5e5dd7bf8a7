"""What the stand-ins of all upstreams share: keys and limits, faults, answers as bytes, the server around an engine."""

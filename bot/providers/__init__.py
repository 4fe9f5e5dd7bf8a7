"""One upstream, one module: pure building and reading, and a thin shell that sends."""

"""One command family a file: parse, call a service, reply."""

"""Dispatcher, watcher, courier: each takes its work from the store and puts its result back."""

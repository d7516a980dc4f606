"""Telling people what happens, by whatever way they asked for. What is worth telling is decided in `domain/watch`."""

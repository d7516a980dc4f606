"""Telling people what happens, by whatever way they asked for."""

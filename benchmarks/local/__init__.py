"""Measures what runs on this machine alone: the edge, and commands in front of it."""

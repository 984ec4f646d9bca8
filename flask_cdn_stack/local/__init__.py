"""A local AWS for trying the whole path without an account."""

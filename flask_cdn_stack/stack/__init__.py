"""The stack: preview of a change, carrying it out, what it says of itself."""

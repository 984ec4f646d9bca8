"""How fast the package is, measured side by side with what it replaces. Not part of the package, nor of its tests."""

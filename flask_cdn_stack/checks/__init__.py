"""Checks of the settings for what AWS would refuse, or accept and serve wrongly, and no template linter finds."""

"""What AWS would refuse, or take and serve wrongly, said of the settings: no linter finds it."""

"""The CloudFormation template as a pure function of the settings, and the checks that no linter makes."""

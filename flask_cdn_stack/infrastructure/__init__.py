"""The CloudFormation template as a pure function of the settings."""

"""Builds the CloudFormation template and the IAM policies from the settings. No network."""

"""The CloudFormation stack: previewing and making changes, following them, reading its state, deleting it."""

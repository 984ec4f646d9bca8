"""The deploy: whole processes, beside the tools that are used for it otherwise, against S3 servers on this machine."""

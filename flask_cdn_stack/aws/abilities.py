"""Finds what an older botocore lacks."""

from __future__ import annotations

from .model_files import ModelFiles, ModelLoader


def find_missing() -> list[str]:
    """Return descriptions of what the installed botocore lacks; everything else works with it."""
    loader = ModelLoader(file_loader=ModelFiles())
    events = loader.load_service_model("cloudformation", "service-2")["operations"]
    writes = loader.load_service_model("s3", "service-2")["shapes"]["PutObjectRequest"]["members"]
    missing = {
        "DescribeEvents, which tells what CloudFormation finds wrong before it begins": "DescribeEvents" not in events,
        "conditional PutObject, which a deploy needs where it goes through boto3": "IfMatch" not in writes,
    }
    return [words for words, is_missing in missing.items() if is_missing]

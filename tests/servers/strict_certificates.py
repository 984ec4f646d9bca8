"""Certificates as ACM issues them: only after a proof."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ministack.services import acm, route53

_PENDING = "PENDING_VALIDATION"


def apply() -> None:
    """Leave a certificate pending that waits for a mail, which nobody answers here, or for records of DNS.

    One that is asked for without saying how its names are proved is issued at once.
    """
    request, describe = acm._request_certificate, acm._describe_certificate

    def request_strictly(data: dict[str, Any]) -> Any:
        answer = request(data)
        if method := data.get("ValidationMethod"):
            certificate = acm._certificates[json.loads(answer[2])["CertificateArn"]]
            certificate["Status"] = _PENDING
            for option in certificate["DomainValidationOptions"]:
                option["ValidationStatus"] = _PENDING
                if method == "EMAIL":
                    del option["ResourceRecord"]
        return answer

    def describe_strictly(data: dict[str, Any]) -> Any:
        certificate = acm._certificates.get(data.get("CertificateArn", ""))
        if certificate and certificate["Status"] == _PENDING and all(map(_is_proved, _options(certificate))):
            certificate["Status"] = "ISSUED"
            for option in _options(certificate):
                option["ValidationStatus"] = "SUCCESS"
        return describe(data)

    acm._request_certificate = request_strictly
    acm._describe_certificate = describe_strictly


def _options(certificate: Mapping[str, Any]) -> list[dict[str, Any]]:
    return list(certificate["DomainValidationOptions"])


def _is_proved(option: Mapping[str, Any]) -> bool:
    wanted = option.get("ResourceRecord", {})
    return any(
        (record["Name"], record["Type"]) == (wanted.get("Name"), wanted.get("Type"))
        for records in route53._records.values()
        for record in records
    )

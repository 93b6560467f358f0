"""The risks as SARIF 2.1.0, for code scanning (https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html)."""

from __future__ import annotations

import hashlib
import json
from typing import Any
from urllib.parse import quote

from emr_eks.review.report import Report, Risk, Severity
from emr_eks.review.risks import RULES

_LEVELS = {Severity.low: "note", Severity.medium: "warning", Severity.high: "error", Severity.critical: "error"}
# GitHub sorts by this: https://docs.github.com/en/code-security/code-scanning/integrating-with-code-scanning/sarif-support-for-code-scanning
_SCORES = {Severity.low: "2.0", Severity.medium: "5.0", Severity.high: "8.0", Severity.critical: "9.5"}
_FILE = "platform.yaml"


def write(report: Report) -> str:
    """Return the report's risks as a SARIF log; those that were accepted are marked as suppressed."""
    results = [_result(risk) for risk in report.risks]
    for each in report.suppressed:
        suppression = {"kind": "external", "status": "accepted", "justification": each.reason}
        results.append({**_result(each.risk), "suppressions": [suppression]})
    driver = {
        "name": "emr-eks review",
        "rules": [{"id": rule.id, "shortDescription": {"text": rule.title}} for rule in RULES],
    }
    log = {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{"tool": {"driver": driver}, "results": results}],
    }
    return json.dumps(log, indent=2, ensure_ascii=False) + "\n"


def _result(risk: Risk) -> dict[str, Any]:
    message = "\n".join([f"{risk.address}: {risk.consequence}.", *risk.details, f"Next: {risk.next_step}."])
    return {
        "ruleId": risk.id,
        "level": _LEVELS[risk.severity],
        "message": {"text": message},
        "locations": [
            {
                # Code scanning shows results in a file; where nothing better is known, in the platform's.
                "physicalLocation": {
                    "artifactLocation": {"uri": quote(risk.file or _FILE)},
                    "region": {"startLine": risk.line or 1},
                },
                "logicalLocations": [{"fullyQualifiedName": risk.path, "name": risk.address, "kind": "resource"}],
            }
        ],
        "partialFingerprints": {"riskHash/v1": _fingerprint(risk)},
        "properties": {
            "severity": risk.severity.value,
            "security-severity": _SCORES[risk.severity],
            "stack": risk.stack,
        },
    }


def _fingerprint(risk: Risk) -> str:
    return hashlib.sha256(f"{risk.id} {risk.stack} {risk.address}".encode()).hexdigest()

"""The review for programs: the report itself. Its schema is `docs/review.schema.json`."""

from __future__ import annotations

import json

from emr_eks.review.report import Report


def write(report: Report) -> str:
    """Return the report as JSON."""
    return json.dumps(report.model_dump(mode="json"), indent=2, ensure_ascii=False) + "\n"


def schema() -> str:
    """Return the JSON Schema of the report."""
    return json.dumps(Report.model_json_schema(mode="serialization"), indent=2) + "\n"

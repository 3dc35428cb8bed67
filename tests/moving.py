"""What the tests of Wix Data Movement share: its paths, and requests as its clients send them."""

from __future__ import annotations

import base64
import json
from typing import Any

from asking import Answer, ask

from fakejobs import FakeJobs

PREFIXES = ("/data-mover/v1", "/v1", "/_api/wix-data-hub-fs2/v1")
JOBS = "/data-mover/v1/jobs"
JOB = "8646fc6e-58f3-4d78-b3ab-6a63a5a46400"
COPY = {
    "source": {"wixDataCollection": {"collectionId": "Products"}},
    "destination": {"file": {"format": "CSV", "fileName": "out.csv"}},
    "name": "check",
}


def packed(message: Any) -> str:
    """A message as the JavaScript SDK puts it into the parameter ``.r``."""
    return base64.urlsafe_b64encode(json.dumps(message, separators=(",", ":")).encode()).decode().rstrip("=")


def get(fake: FakeJobs, path: str, tenant: str | None = None, app: str | None = None, **headers: str) -> Answer:
    return ask(fake, "GET", path, {**fake.credentials(tenant, app), **headers})


def post(fake: FakeJobs, path: str, message: Any, tenant: str | None = None, app: str | None = None) -> Answer:
    headers = {**fake.credentials(tenant, app), "Content-Type": "application/json"}
    return ask(fake, "POST", path, headers, json.dumps(message).encode())


def query(fake: FakeJobs, message: Any, tenant: str | None = None) -> Any:
    """The jobs that a query finds, as the SDK asks for them."""
    answer = get(fake, f"{JOBS}/query?.r={packed({'query': message})}", tenant)
    assert answer.status == 200, answer
    return answer.json["jobs"]


def problem(answer: Answer) -> tuple[int, str, Any]:
    """The status of a refusal, with the field that it names or the code of the application, and what goes with it."""
    details = answer.json["details"]
    if "validationError" in details:
        (violation,) = details["validationError"]["fieldViolations"]
        return answer.status, violation["field"], violation["description"]
    return answer.status, details["applicationError"]["code"], details["applicationError"]["data"]

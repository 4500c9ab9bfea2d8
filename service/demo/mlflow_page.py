"""Where a course is to be seen in MLflow, asked over its HTTP interface (only ``tracking.client`` loads mlflow)."""

import httpx2

from service.tracking.view import COURSE, IDENTIFIER

VIEW = "/artifacts/course.png?workflowType=machine_learning"
"""Open at the picture of the course, with the pages for runs and metrics rather than for language models."""


def page_of(
    server: str, *, site: str, patient: str, course_id: str, namespace: str = "titrate"
) -> str | None:
    """Return the address of a course's run.

    Args:
        server: Address of the MLflow server.
        site: Site of the patient.
        patient: Pseudonym.
        course_id: The course.
        namespace: Head of the experiments' names.

    Returns:
        The address of its page, or None where MLflow does not show it yet.
    """
    api = f"{server}/api/2.0/mlflow"
    found = httpx2.get(
        f"{api}/experiments/get-by-name",
        params={"experiment_name": f"{namespace}/{site}/{patient}"},
        timeout=10.0,
    )
    if found.status_code != 200:
        return None
    experiment = found.json()["experiment"]["experiment_id"]
    wanted = f"tags.`{IDENTIFIER}` = '{course_id}' and tags.`{COURSE}` = '{course_id}'"
    runs = httpx2.post(
        f"{api}/runs/search", json={"experiment_ids": [experiment], "filter": wanted}, timeout=10.0
    )
    shown = runs.json().get("runs", []) if runs.status_code == 200 else []
    if not shown:
        return None
    return f"{server}/#/experiments/{experiment}/runs/{shown[0]['info']['run_id']}{VIEW}"

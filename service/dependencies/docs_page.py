"""The page ``/docs``: the OpenAPI document, shown by Swagger UI.

FastAPI's own page takes whatever version the network has that day. Here version and hashes are ours: a browser runs that
file or none. It comes from the network all the same, ``/openapi.json`` does not.
"""

from fastapi import FastAPI
from starlette.responses import HTMLResponse

SOURCE = "https://cdn.jsdelivr.net/npm/swagger-ui-dist@5.35.0/"
"""Serves the files of the npm package as they are; the hashes are those of the package."""
SCRIPT_HASH = "sha384-gjRm0bEPMeTmMh5jT2cHccIwCUZSTd8YC+j0d0sXw0MdGEfScduGpSyF3ZSSLkX9"
STYLE_HASH = "sha384-WlYgdmXYOOBWL5apwjDEZwN+U3HmXSSu5R6V5aGxEcf7z+KuRNwBhoxKVN1i3D5I"
PATH = "/docs"
POLICY = (
    f"default-src 'none'; connect-src 'self'; img-src 'self' data:; script-src 'unsafe-inline' {SOURCE}; "
    f"style-src 'unsafe-inline' {SOURCE}; frame-ancestors 'none'"
)
PAGE = f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>Titrate</title>
<link rel="stylesheet" href="{SOURCE}swagger-ui.css" integrity="{STYLE_HASH}" crossorigin="anonymous">
</head>
<body>
<div id="page">This page needs the internet. The document itself does not: <a href="/openapi.json">/openapi.json</a>.</div>
<script src="{SOURCE}swagger-ui-bundle.js" integrity="{SCRIPT_HASH}" crossorigin="anonymous"></script>
<script>SwaggerUIBundle({{url: "/openapi.json", dom_id: "#page", deepLinking: true}})</script>
</body>
</html>
"""


def add_docs_page(app: FastAPI) -> None:
    """Give an application its page; nothing of a patient is on it."""

    @app.get(PATH, include_in_schema=False)
    async def docs() -> HTMLResponse:
        """Show the document."""
        return HTMLResponse(PAGE)

"""The page's scripts are served, also behind a path prefix, and no other file is."""

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from denoise_demo.ui.web.component import MODULES, panel_modules


@pytest.fixture(params=["", "/prefix"])
def client(request):
    return TestClient(Starlette(routes=[MODULES]), root_path=request.param)


@pytest.mark.parametrize("path", ["web/page.js", *panel_modules()])
def test_a_script_is_served_and_checked_at_every_load(client, path):
    reply = client.get(f"/modules/{path}")

    assert reply.headers["content-type"].startswith("text/javascript")
    assert reply.headers["cache-control"] == "no-cache"
    again = client.get(f"/modules/{path}", headers={"if-none-match": reply.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize(
    "path",
    ["view.py", "web/page.css", "panels/stage/stage.html", "../../app.py", "web", "", "none.js"],
)
def test_no_other_file_is_served(client, path):
    assert client.get(f"/modules/{path}").status_code == 404

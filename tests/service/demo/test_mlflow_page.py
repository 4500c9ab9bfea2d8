"""Where a course is to be seen; the page itself is looked for by the acceptance test of ``run``."""

import httpx2
import pytest

from service.demo.mlflow_page import page_of


def test_a_server_that_is_down_is_an_error_not_a_page():
    with pytest.raises(httpx2.ConnectError):
        page_of("http://127.0.0.1:9", site="demo", patient="P-1", course_id="c-1")

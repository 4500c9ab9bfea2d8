from tests.service.live import SIGNED_BY, Clinic


def test_stops_are_read_page_by_page_in_order(clinic: Clinic) -> None:
    why = {"reason": "device_recall", "signed_by": SIGNED_BY}
    made = [clinic.made("/stops", why)["id"] for _ in range(3)]
    seen, path = [], "/stops?limit=2"
    while path:
        reply = clinic.get(path)
        seen += [stop["id"] for stop in reply.json()]
        path = reply.links.get("next", {}).get("url", "").removeprefix("/v1")
    assert seen == made

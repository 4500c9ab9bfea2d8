from service.auth.tables import ApiKeyRow


def test_a_key_row_has_no_place_for_a_secret() -> None:
    columns = {column.key for column in ApiKeyRow.__table__.columns}
    assert "secret_digest" in columns
    assert not {"secret", "key", "token"} & columns

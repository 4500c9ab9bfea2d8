from service.worklist.schemas import Waiting, WorkItem


def test_the_example_is_an_item_and_every_kind_is_explained() -> None:
    (example,) = WorkItem.model_config["json_schema_extra"]["examples"]  # type: ignore[index,call-overload]
    assert WorkItem.model_validate(example).kind in Waiting
    assert len(set(Waiting)) == 6

"""What the world's verbs are made of, as far as there is anything to say."""

from __future__ import annotations

import pytest

from fakejobs.commands import Ask, View
from fakejobs.lifecycle import Script, Step, advance, begin


@pytest.mark.parametrize(("values", "first"), [(("a", "b"), "a"), (("",), ""), ((), None)])
def test_an_ask_tells_the_first_value_of_a_parameter(values: tuple[str, ...], first: str | None) -> None:
    ask = Ask(method="GET", path="/", query={"name": values})
    assert ask.parameter("name") == first
    assert ask.parameter("other") is None


def test_a_view_tells_the_state_that_its_position_is_in() -> None:
    script = Script(
        steps=(Step(state="queued", phase="waiting", span=5), Step(state="done", phase="succeeded")),
    )
    position = begin(script, 0)
    assert View(dialect="acme", id="1", tenant="shop", script=script, position=position).state == "queued"
    later = advance(script, position, 5)
    assert View(dialect="acme", id="1", tenant="shop", script=script, position=later).state == "done"

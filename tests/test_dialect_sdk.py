"""Documents as an SDK shows them: renamed at every depth, with dates in place of texts."""

from __future__ import annotations

from datetime import UTC, datetime

from fakejobs.dialect.sdk import SdkForm

FORM = SdkForm(renames={"id": "_id", "createdDate": "_createdDate"}, dates=("createdDate", "finishedAt", "startedAt"))


def test_names_change_at_every_depth_and_dates_where_they_are_named() -> None:
    shown = FORM.of(
        {
            "id": "7",
            "createdDate": "2026-01-01T00:00:00.250Z",
            "error": {"data": [{"id": 1, "createdDate": "2026-01-01T00:00:00.000Z"}]},
            "name": "createdDate",
            "none": None,
        }
    )
    assert shown == {
        "_id": "7",
        "_createdDate": datetime(2026, 1, 1, 0, 0, 0, 250_000, tzinfo=UTC),
        "error": {"data": [{"_id": 1, "_createdDate": "2026-01-01T00:00:00.000Z"}]},
        "name": "createdDate",
        "none": None,
    }


def test_a_date_that_is_null_is_undefined_and_one_that_is_none_stays_what_it_is() -> None:
    assert FORM.of({"finishedAt": None, "startedAt": "soon", "createdDate": 7}) == {
        "startedAt": "soon",
        "_createdDate": 7,
    }

"""Which day a fee is due on."""

import pytest
from club import dues, end, member, next_due, pay

DAYS = {
    "31st": ("2026-01-31", 1, ["2026-01-31", "2026-02-28", "2026-03-31", "2026-04-30", "2026-05-31"]),
    "30th": ("2025-12-30", 1, ["2025-12-30", "2026-01-30", "2026-02-28", "2026-03-30"]),
    "leap": ("2027-12-31", 1, ["2027-12-31", "2028-01-31", "2028-02-29", "2028-03-31"]),
    "yearly": ("2024-02-29", 12, ["2024-02-29", "2025-02-28", "2026-02-28", "2027-02-28", "2028-02-29"]),
    "quarters": ("2025-08-31", 3, ["2025-08-31", "2025-11-30", "2026-02-28", "2026-05-31"]),
    "half years": ("2025-08-31", 6, ["2025-08-31", "2026-02-28", "2026-08-31"]),
}


@pytest.mark.parametrize("name", DAYS)
def test_the_list(name):
    start, every, expected = DAYS[name]
    assert dues(member(start, every), expected[-1]) == expected


@pytest.mark.parametrize("name", DAYS)
def test_the_next(name):
    start, every, expected = DAYS[name]
    made = member(start, every)
    for before, after in zip(expected, expected[1:], strict=False):
        assert next_due(made, before) == after
    assert next_due(made, "1999-01-01") == start


@pytest.mark.parametrize("name", DAYS)
def test_paying(name):
    start, every, expected = DAYS[name]
    made = member(start, every)
    assert [pay(made, day).status_code for day in expected] == [201] * len(expected)


def test_the_wrong_day_of_before_is_no_longer_due():
    made = member("2026-01-31")
    assert pay(made, "2026-03-28").status_code == 422
    assert pay(made, "2026-03-31").status_code == 201


@pytest.mark.parametrize(("last", "due"), [("2026-03-31", "2026-03-31"), ("2026-03-30", None), ("2026-04-29", "2026-03-31")])
def test_the_day_of_the_end_counts(last, due):
    made = member("2026-01-31")
    end(made, last)
    assert next_due(made, "2026-02-28") == due
    assert dues(made, "2026-12-31") == ["2026-01-31", "2026-02-28", *([due] if due else [])]
    assert pay(made, "2026-03-31").status_code == (201 if due else 422)

"""When fees are due."""

from calendar import monthrange
from datetime import date
from itertools import count, takewhile


def months_later(day, months):
    month = day.month - 1 + months
    year, month = day.year + month // 12, month % 12 + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def all_due_days(start, every_months):
    """Every day on which a fee is due, each counted from the start."""
    return (months_later(start, times * every_months) for times in count())


def due_days(start, every_months, until):
    """All days on which a fee is due, up to and with `until`."""
    return list(takewhile(lambda day: day <= until, all_due_days(start, every_months)))

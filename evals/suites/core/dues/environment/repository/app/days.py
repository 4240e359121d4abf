"""When fees are due."""

from calendar import monthrange
from datetime import date


def months_later(day, months):
    month = day.month - 1 + months
    year, month = day.year + month // 12, month % 12 + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def due_days(start, every_months, until):
    """All days on which a fee is due, up to and with `until`."""
    found, day = [], start
    while day <= until:
        found.append(day)
        day = months_later(day, every_months)
    return found

"""Times of the run's clock as people read them."""


def clock(seconds: float) -> str:
    """Write seconds as hours, minutes and seconds.

    >>> clock(3725.06), clock(59.96), clock(-1.5)
    ('01:02:05.1', '00:01:00.0', '-00:00:01.5')
    """
    tenths = round(abs(seconds) * 10)
    sign = "-" if seconds < 0 and tenths else ""
    hours, minutes, rest = tenths // 36000, tenths // 600 % 60, tenths // 10 % 60
    return f"{sign}{hours:02}:{minutes:02}:{rest:02}.{tenths % 10}"

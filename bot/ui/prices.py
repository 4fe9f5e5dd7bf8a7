"""What models cost, in a few words and in full."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from bot.domain.catalog import Model
from bot.ui.markdown import one_line
from bot.ui.texts import EN, Texts


def price_range(model: Model, texts: Texts = EN) -> str:
    """`10 credits`, `2 to 80 credits`, `13 to 42 credits a second`; said to be unknown where it is."""
    prices = model.prices
    if prices.per_second or prices.per_second_with_video:
        table = prices.per_second or prices.per_second_with_video
        return texts.per_second(*_ends(price for row in table.values() for price in row.values()))
    if prices.per_call:
        return texts.price(*_ends(price for row in prices.per_call.values() for price in row.values()))
    if prices.by_resolution:
        return texts.price(*_ends(price for row in prices.by_resolution.values() for price in row.values()))
    return (
        texts.no_price if prices.per_generation is None else texts.price(prices.per_generation, prices.per_generation)
    )


def price_table(model: Model, texts: Texts = EN) -> str:
    """Every price where there are several: `1K low 2, medium 10 · 2K low 5`; "" for a flat or unknown one."""
    prices = model.prices
    if prices.per_second:
        return _table(prices.per_second)
    if prices.per_call:
        by_seconds = {
            tier: {texts.durations((seconds,)): price for seconds, price in row.items()}
            for tier, row in prices.per_call.items()
        }
        return _table(by_seconds)
    return _table(prices.by_resolution)


def _ends(prices: Iterable[int]) -> tuple[int, int]:
    found = sorted(prices) or [0]
    return found[0], found[-1]


def _table(table: Mapping[str, Mapping[str, int]]) -> str:
    rows = (
        " ".join([*([one_line(name, 30)] if name else []), ", ".join(_cell(key, price) for key, price in row.items())])
        for name, row in table.items()
    )
    return " · ".join(rows)


def _cell(key: str, price: int) -> str:
    return f"{one_line(key, 30)} {price}" if key else str(price)

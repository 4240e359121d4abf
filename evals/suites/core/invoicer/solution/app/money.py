"""Sums of invoices, in decimals: floats are off by less than a cent, until one is not."""

from decimal import ROUND_HALF_UP, Decimal

CENT = Decimal("0.01")


def cents(amount):
    return amount.quantize(CENT, ROUND_HALF_UP)


def line_net(line, discount):
    net = cents(Decimal(line["quantity"]) * Decimal(line["price"]))
    return cents(net - net * Decimal(discount) / 100)


def by_rate(lines, discount):
    """Net sum and VAT of every rate, highest rate first."""
    nets = {}
    for line in lines:
        rate = Decimal(line["vat"])
        nets[rate] = nets.get(rate, Decimal(0)) + line_net(line, discount)
    return [(rate, nets[rate], cents(nets[rate] * rate / 100)) for rate in sorted(nets, reverse=True)]


def sums(lines, discount):
    rates = by_rate(lines, discount)
    return {
        "net": f"{sum(net for _, net, _ in rates):.2f}",
        "vat": [
            {"rate": f"{rate:.1f}", "net": f"{net:.2f}", "vat": f"{vat:.2f}"}
            for rate, net, vat in rates
        ],
        "total": f"{sum(net + vat for _, net, vat in rates):.2f}",
    }

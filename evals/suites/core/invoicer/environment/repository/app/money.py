"""Sums of invoices."""


def cents(amount):
    return round(amount, 2)


def line_net(line, discount):
    net = cents(float(line["quantity"]) * float(line["price"]))
    return cents(net - net * float(discount) / 100)


def by_rate(lines, discount):
    """Net sum and VAT of every rate, highest rate first."""
    nets = {}
    for line in lines:
        rate = float(line["vat"])
        nets[rate] = nets.get(rate, 0) + line_net(line, discount)
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

#!/usr/bin/env python3
"""oracle.py > expected.tsv - what the sample models' outputs should be, computed without Power Engine.

Closed forms where there are any (source "closed form"); else the same model in NumPy over millions of trials with NumPy's own
generator (source "NumPy, N trials"), with the standard error of that computation. Columns: sample, output, statistic, value,
standard error of the value, source.
"""
import math

import numpy as np

rng = np.random.Generator(np.random.PCG64(20260301))
N = 2_000_000


def emit(sample, output, statistic, value, error=0.0, source="closed form"):
    print(f"{sample}\t{output}\t{statistic}\t{value:.12g}\t{error:.4g}\t{source}")


def by_trials(sample, output, x):
    source = f"NumPy, {len(x)} trials"
    m, s = x.mean(), x.std(ddof=1)
    emit(sample, output, "mean", m, s / math.sqrt(len(x)), source)
    kurtosis = ((x - m) ** 4).mean() / s**4
    emit(sample, output, "sd", s, s * math.sqrt(max(kurtosis - 1, 0) / 4 / len(x)), source)


def share(sample, output, label, hits):
    p = hits.mean()
    emit(sample, output, "share:" + label, p, math.sqrt(p * (1 - p) / len(hits)), f"NumPy, {len(hits)} trials")


def triangular(low, mode, high, n):
    return rng.triangular(low, mode, high, n)


def capital_project():
    n = N // 2
    a, b = 1 + 4 * (12 - 11) / 4, 1 + 4 * (15 - 12) / 4
    investment = 11e6 + 4e6 * rng.beta(a, b, n)
    units = triangular(40000, 50000, 58000, n)
    growth, price, cost = rng.normal(0.03, 0.01, n), rng.normal(120, 6, n), rng.uniform(64, 76, n)
    flows, total = [-investment], np.zeros(n)
    for year in range(1, 11):
        if year > 1:
            units = units * (1 + growth)
        total += units
        profit = units * (price - cost) - 600000 - investment / 10
        flows.append(profit - np.maximum(0, profit * 0.25) + investment / 10 + (1.5e6 if year == 10 else 0))
    npv = sum(f / 1.09**t for t, f in enumerate(flows))
    rate = np.full(n, 0.1)
    for _ in range(60):
        value = sum(f / (1 + rate) ** t for t, f in enumerate(flows))
        slope = sum(-t * f / (1 + rate) ** (t + 1) for t, f in enumerate(flows))
        rate = rate - value / slope
    s = "capital_project"
    by_trials(s, "NPV", npv)
    by_trials(s, "IRR", rate[np.isfinite(rate)])
    by_trials(s, "Total units sold", total)
    share(s, "Decision", "invest", npv > 0)
    share(s, "NPV", "<0", npv < 0)


def sales_forecast():
    mean = variance = 0.0
    for m, sd, low, high in ((900, 120, 19, 23), (450, 80, 38, 44), (120, 30, 95, 115)):
        p, v = (low + high) / 2, (high - low) ** 2 / 12
        mean += 12 * m * p
        variance += 12 * ((m * m + sd * sd) * (p * p + v) - m * m * p * p)
    emit("sales_forecast", "AnnualRevenue", "mean", mean)
    emit("sales_forecast", "AnnualRevenue", "sd", math.sqrt(variance))


def insurance_reserve():
    p = np.tile([0.02, 0.05, 0.08, 0.01], 50)
    m, m2 = math.exp(9.2 + 0.32), math.exp(18.4 + 4 * 0.32)
    s = "insurance_reserve"
    emit(s, "Total claims", "mean", p.sum() * m)
    emit(s, "Total claims", "sd", math.sqrt((p * m2 - (p * m) ** 2).sum()))
    emit(s, "Number of claims", "mean", p.sum())
    emit(s, "Number of claims", "sd", math.sqrt((p * (1 - p)).sum()))
    counts = sum(rng.binomial(50, q, N) for q in (0.02, 0.05, 0.08, 0.01))
    total = np.zeros(N)
    for k in range(1, counts.max() + 1):
        hit = counts >= k
        total[hit] += rng.lognormal(9.2, 0.8, hit.sum())
    by_trials(s, "Paid by the reinsurer", np.maximum(0, total - 150000))
    emit(s, "Average claim", "errors", np.prod(1 - p))
    by_trials(s, "Average claim", total[counts > 0] / counts[counts > 0])


def project_schedule():
    tasks = [(20, 30, 60, []), (30, 40, 55, []), (15, 20, 30, [0, 1]), (40, 50, 75, [2]), (25, 30, 50, [3]), (30, 35, 60, [3]), (30, 40, 60, [4, 5]), (5, 8, 15, [6])]
    ends, mean, variance, cost = [], 0.0, 0.0, np.zeros(N)
    for i, (low, likely, high, after) in enumerate(tasks):
        days, rate = triangular(low, likely, high, N), 4000 + 500 * i
        start = np.maximum.reduce([ends[a] for a in after]) if after else np.zeros(N)
        ends.append(start + days)
        mean += rate * (low + likely + high) / 3
        variance += rate**2 * (low**2 + likely**2 + high**2 - low * likely - low * high - likely * high) / 18
    s = "project_schedule"
    emit(s, "Total cost", "mean", mean)
    emit(s, "Total cost", "sd", math.sqrt(variance))
    by_trials(s, "Duration in days", ends[7])
    by_trials(s, "Finish date", 46388 + np.floor(ends[7] + 0.5))
    share(s, "Critical path", "Services", ends[4] > ends[5])


def inventory():
    n = N // 4
    stock, arriving = np.full(n, 300.0), np.zeros(n)
    profit, short_total, orders, high_sales = np.zeros(n), np.zeros(n), np.zeros(n), np.zeros(n)
    demands = np.array([20, 40, 60, 80, 120.0])
    margin, penalty = np.array([4, 4, 5, 5, 6.0]), np.array([1, 1, 2, 2, 4.0])
    for day in range(60):
        if day:
            stock = stock + arriving
        k = np.searchsorted([0.15, 0.4, 0.75, 0.92], rng.random(n), side="right")
        demand = demands[k]
        sold = np.minimum(demand, stock)
        short = demand - sold
        stock = stock - sold
        profit += sold * margin[k] - short * penalty[k]
        short_total += short
        high_sales += np.where(k == 4, sold, 0)
        order = stock < 70
        orders += order
        arriving = np.where(order, 400, 0)
    s = "inventory"
    by_trials(s, "Profit", profit)
    by_trials(s, "Units short", short_total)
    by_trials(s, "Orders placed", orders)
    by_trials(s, "High-demand sales", high_sales)
    share(s, "Verdict", "tight", (short_total > 60) & (short_total <= 120))


for model in (capital_project, sales_forecast, insurance_reserve, project_schedule, inventory):
    model()

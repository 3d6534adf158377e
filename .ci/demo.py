#!/usr/bin/env python3
"""Reads what `quorate demo --json` printed, and fails if a promise was broken: python3 .ci/demo.py FILE"""

import json
import sys

with open(sys.argv[1], encoding="utf-8") as file:
    summary = json.load(file)
print(json.dumps(summary, indent=2))

EXPECTED = {
    "nodes": lambda value: value >= 3,
    "rounds": lambda value: value >= 1,
    "agreed": lambda value: value is True,
    "overlaps": lambda value: type(value) is int and value == 0,
    "max_leaders_per_epoch": lambda value: type(value) is int and value == 1,
    "failover_ms": lambda value: value is not None and 0 < value["median"] <= value["max"],
    "detection_ms": lambda value: value is not None and 0 < value["median"] <= value["max"],
    "lock": lambda value: value["acquired"] > 0
    and type(value["overlaps"]) is int
    and value["overlaps"] == 0
    and type(value["rejected_by_fence"]) is int
    and value["max_wait_ms"] > 0,
    "barrier": lambda value: value["rounds"] > 0 and type(value["early"]) is int and value["early"] == 0,
    "broken": lambda value: value == [],
}
broken = [name for name, holds in EXPECTED.items() if name not in summary or not holds(summary[name])]
if broken:
    sys.exit("the demo's summary is not as promised: " + ", ".join(f"{name} = {summary.get(name)}" for name in broken))

#!/usr/bin/env python3
"""Reads what a command of `quorate sim` printed as JSON, and fails if it is not as it should be: python3 .ci/sim.py KIND FILE

KIND is swarm, canary, explore, scenario, clocks or detectors."""

import json
import sys

kind, path = sys.argv[1:]
with open(path, encoding="utf-8") as file:
    found = json.load(file)


def positive(value):
    return type(value) in (int, float) and value > 0


def zero(value):
    return type(value) is int and value == 0


SWARM = {
    "seeds": positive,
    "events": positive,
    "events_per_second": positive,
    "simulated_hours": positive,
    "violations": zero,
    "sometimes_missing": lambda value: value == [],
}
EXPECTED = {
    "swarm": SWARM,
    # If this one lives, the swarm is dead.
    "canary": SWARM | {"violations": positive, "trials": lambda trials: "--seed " in trials[0]["failures"][0]["replay"]},
    "explore": {
        "states": positive,
        "complete": lambda value: value is True,
        "violations": zero,
        "traps": zero,
        "states_per_second": positive,
        "bytes_per_state": positive,
    },
    "scenario": {
        "seeds": positive,
        "events": positive,
        "good": lambda value: value is True,
        "failed": lambda value: value == [],
        "run": lambda run: run["violation"] is None and all(expected["met"] for expected in run["expectations"]),
    },
    "clocks": {
        "apart_seconds": positive,
        "verdicts": lambda verdicts: [verdict["is_right"] for verdict in verdicts] == [False, True, True, True],
    },
    "detectors": {
        "length_seconds": positive,
        "traces": lambda traces: len(traces) == 5 and all(len(trace["curves"]) == 5 for trace in traces),
    },
}[kind]

FIGURES = (int, float, bool, str)
shown = {name: value for name, value in found.items() if isinstance(value, FIGURES) or value == []}
print(json.dumps(shown, indent=2))
broken = [name for name, holds in EXPECTED.items() if name not in found or not holds(found[name])]
if broken:
    sys.exit(f"what `quorate sim` printed ({kind}) is not as promised: " + ", ".join(f"{name} = {found.get(name)}" for name in broken))

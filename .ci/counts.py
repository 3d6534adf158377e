#!/usr/bin/env python3
"""Compares counts of instructions with those that are committed: counts.py COUNTED [--rewrite]

COUNTED is what gungraun prints as JSON, one object a line. Each of them is of 256 rounds."""

import json
import subprocess
import sys

BASELINE = "benches/counts.json"
ROUNDS = 256
MOST = 1.05  # times the baseline
# Less than this many instructions are nobody's regression.
LEAST = 2


def named():
    """The names of the cases, by the identifiers that gungraun knows them by."""
    names = {}
    with open("benches/benches/counts.rs") as source:
        for line in source:
            if line.startswith("#[bench::"):
                identifier, name = line.removeprefix("#[bench::").removesuffix(')]\n').split("(", 1)
                names[identifier] = json.loads(name)
    return names


def instructions(summary):
    """The instructions of one object."""
    for profile in summary["profiles"]:
        if profile["tool"] == "Callgrind":
            return profile["data"]["total"]["metrics"]["Ir"]["values"]["new"]
    raise KeyError("no profile of callgrind")


def main():
    path, *switches = sys.argv[1:]
    names = named()
    with open(path) as lines:
        summaries = [json.loads(line) for line in lines if line.startswith("{")]
    counted = {names[summary["id"]]: round(instructions(summary) / ROUNDS, 1) for summary in summaries}
    compiler = subprocess.run(["rustc", "--version"], capture_output=True, text=True, check=True).stdout.strip()
    if not counted:
        sys.exit("nothing was counted")
    if "--rewrite" in switches:
        with open(BASELINE, "w") as file:
            json.dump({"compiler": compiler, "unit": "instructions", "counts": counted}, file, indent=2)
            file.write("\n")
        print(f"{len(counted)} counts are written to {BASELINE}")
        return
    with open(BASELINE) as file:
        baseline = json.load(file)
    grown, missing = [], sorted(set(baseline["counts"]) ^ set(counted))
    for name, now in counted.items():
        before = baseline["counts"].get(name)
        if before is None:
            continue
        change = (now / before - 1) * 100 if before else 0
        worse = now > before * MOST and now - before > LEAST
        print(f"{name:<28} {before:>9} {now:>9} {change:>+7.1f} %{'  GROWN' if worse else ''}")
        if worse:
            grown.append(name)
    if baseline["compiler"] != compiler:
        print(f"\nThe baseline was counted with {baseline['compiler']}, and this with {compiler}.")
    if grown or missing:
        if grown:
            print(f"\nGrown by more than {(MOST - 1) * 100:.0f} %: {', '.join(grown)}.")
        if missing:
            print(f"\nOnly in one of the two: {', '.join(missing)}.")
        sys.exit("If that is meant: bash .ci/counts.sh --rewrite, and commit benches/counts.json with the reason.")
    print(f"\n{len(counted)} counts, none grown by more than {(MOST - 1) * 100:.0f} %.")


main()

"""Where panics are called from, with what was inlined there, in a program that was linked with `--emit-relocs`.

    python3 callers.py ELF [CRATE ...]

Calls in these crates are let pass. The exit code says whether there are others."""

import re
import subprocess
import sys

PANICS = re.compile(r"panic|unwrap_failed|expect_failed|_fail(?:_|E|$|\b)")

elf, *allowed = sys.argv[1:]


def run(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


# Every place in the code where the address of a panic is filled in, but those in panics themselves.
functions = []
for line in run("nm", "--numeric-sort", elf).splitlines():
    if symbol := re.match(r"([0-9a-f]+) [tTwW] (.+)", line):
        functions.append((int(symbol[1], 16), symbol[2]))


def function(address):
    return next((name for begin, name in reversed(functions) if begin <= address), "")


PLACE = re.compile(r"([0-9a-f]+)\s+[0-9a-f]+\s+R_\S+\s+([0-9a-f]+)\s+(\S+)(?: ([+-]) ([0-9a-f]+))?")
calls, is_code = [], False
for line in run("readelf", "--relocs", "--wide", elf).splitlines():
    if section := re.match(r"Relocation section '(.+)'", line):
        is_code = ".text" in section[1]
    elif is_code and (place := PLACE.match(line)):
        address, value, name, sign, addend = place.groups()
        if name.startswith(".") and addend:
            # Of a function that is local only its section is named, and how far in it is from behind the place.
            name = function(int(value, 16) + 4 + int(sign + addend, 16))
        if PANICS.search(name) and not PANICS.search(function(int(address, 16))):
            calls.append((address, name))

# One stack for each call: the innermost function first, and below it those that it was inlined into.
lines = run("addr2line", "-ipfCe", elf, *(address for address, _ in calls)).strip() if calls else ""
stacks = [stack for stack in re.split(r"\n(?! \(inlined by\))", lines) if stack]
assert len(stacks) == len(calls), "addr2line has told less than it was asked"


def crate(stack):
    """Where the call stands in the source, but for the standard library."""
    files = re.findall(r" at (\S+):(?:\d+|\?)", stack)
    own = next((file for file in files if "/library/" not in file), files[-1])
    found = re.search(r"/registry/src/[^/]+/([^/]+)-\d[^/]*/", own)
    return found[1] if found else own


passed, found = {}, set()
for stack, (_, panic) in zip(stacks, calls):
    name = crate(stack)
    if name in allowed:
        passed[name] = passed.get(name, 0) + 1
    else:
        found.add(f"{panic}\n    {stack}\n")
for stack in sorted(found):
    print(stack)
for name, number in sorted(passed.items()):
    print(f"let pass: {number} in {name}")
sys.exit(bool(found))

#!/usr/bin/env bash
# What threads share in quorate-std, under two model checkers: loom tries every interleaving of a few threads, shuttle many of
# larger groups. Planted bugs must be found. Prints how many executions each model took.
#
#     bash .ci/loom.sh
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
target_dir=${CARGO_TARGET_DIR:-$PWD/target}

for checker in loom shuttle; do
    printf '=== %s\n' "$checker"
    RUSTFLAGS="${RUSTFLAGS:-} --cfg $checker" cargo test -q -p quorate-std --lib --target-dir "$target_dir/$checker" \
        threads:: -- --nocapture --test-threads=2 2>&1 | tee "$target_dir/$checker.log" |
        grep -oE "(loom|shuttle): .*|the planted .*|^test result.*|.*panicked.*|^error.*" || { cat "$target_dir/$checker.log"; exit 1; }
done

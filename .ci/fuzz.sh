#!/usr/bin/env bash
# Fuzzes each target for a while, from the seeds that are committed and from what former runs on this machine have found.
#
#     bash .ci/fuzz.sh              each target for 6 seconds
#     bash .ci/fuzz.sh 600 frame    this one for ten minutes
#
# Without a sanitizer: there is no unsafe code in what is fuzzed but the cipher's, so nothing for one to find, and without it several
# times as much is tried. Overflow checks and assertions are on. With nightly where it is installed, or else with what
# stable has of it.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../fuzz"

seconds=${1:-6}
[ $# -eq 0 ] || shift
host=x86_64-unknown-linux-gnu

cargo fuzz --version >/dev/null 2>&1 || cargo install --locked cargo-fuzz
cargo=(cargo)
if rustup toolchain list 2>/dev/null | grep -q '^nightly'; then cargo=(cargo +nightly); else export RUSTC_BOOTSTRAP=1; fi

mapfile -t targets < <(if [ $# -gt 0 ]; then printf '%s\n' "$@"; else basename -s .rs fuzz_targets/*.rs; fi)
cp ../Cargo.lock .
started=$SECONDS
"${cargo[@]}" fuzz build --sanitizer none
echo "built in $((SECONDS - started)) s"

for target in "${targets[@]}"; do
    mkdir -p "corpus/$target" "artifacts/$target"
    log=artifacts/$target/log
    if ! "target/$host/release/$target" -max_total_time="$seconds" -timeout=20 -artifact_prefix="artifacts/$target/" \
        "corpus/$target" "seeds/$target" >"$log" 2>&1; then
        tail -n 60 "$log"
        echo "$target has found something. To see it again: cargo fuzz run --sanitizer none $target fuzz/artifacts/$target/FILE"
        exit 1
    fi
    # How many were tried, how many edges they reached, how many a second.
    printf '%-10s %s\n' "$target" "$(sed -nE 's/^#([0-9]+)\s+DONE\s+cov: ([0-9]+).*exec\/s: ([0-9]+).*/\1 executions, \2 edges, \3 a second/p' "$log")"
done

#!/usr/bin/env bash
# What each machine weighs on a Cortex-M3: flash (code and constants, with whatever of the library it needs) and RAM (its state), in
# bytes, as a table in Markdown. Each is linked alone, as firmware is, for size.
#
#     bash .ci/footprint.sh [OPT_LEVEL]        # z unless it is said
#
# It also builds core and wire for a processor without atomics (thumbv6m) and for RISC-V without any (riscv32i): nothing in them needs one.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../firmware"
. ../.ci/boards-tools.sh

target_dir=${CARGO_TARGET_DIR:-$PWD/../target}/firmware
level=${1:-z}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
packages arm-none-eabi-ld=gcc-arm-none-eabi

for target in thumbv6m-none-eabi riscv32i-unknown-none-elf; do
    (cd .. && cargo_for "$target" build -q -p quorate -p quorate-wire --target-dir "$target_dir") >&2
    echo "core and wire build for $target, which has no compare-and-swap and no 64-bit atomics" >&2
done

export CARGO_PROFILE_RELEASE_OPT_LEVEL=$level
cargo_for thumbv7m-none-eabi build -q --release -p quorate-footprint --target-dir "$target_dir" >&2
archive=$target_dir/thumbv7m-none-eabi/release/libquorate_footprint.a
symbols=$(arm-none-eabi-nm -S "$archive" 2>/dev/null)

flash() {
    local roots=("--undefined=root_$1")
    if grep -q " deadline_$1\$" <<<"$symbols"; then roots+=("--undefined=deadline_$1"); fi
    arm-none-eabi-ld --gc-sections --unresolved-symbols=ignore-all --entry=0 "${roots[@]}" -o "$scratch/elf" "$archive" 2>/dev/null
    arm-none-eabi-size "$scratch/elf" | awk 'NR == 2 { print $1 + $2 }'
}

ram() {
    local size
    size=$(awk -v name="ram_$1" '$4 == name { print $2 }' <<<"$symbols")
    echo $((0x${size:-0}))
}

echo "| linked alone | flash | RAM |"
echo "|---|---:|---:|"
while IFS='|' read -r root what; do
    printf '| %s | %s | %s |\n' "$what" "$(flash "$root")" "$(ram "$root")"
done <<'TABLE'
monitor_timeout|monitor, detector `Timeout`
monitor_phi_exponential|monitor, detector `PhiExponential<16>`
monitor_phi_normal|monitor, detector `PhiNormal<16>`
monitor_chen|monitor, detector `Chen<16>`
monitor_bertier|monitor, detector `Bertier<16>`
election|election
member|member (election and monitor), `Bertier<16>`
member_any|member, any of the five detectors
holder|holder of a lock
authority|authority, 8 claims
party|party at a barrier
coordinator|coordinator, 2 barriers of 8 parties
host|host (member, authority, coordinator)
wire|frames, plain and sealed, and a member's messages
small|small board: member, one lock, frames, stream, driver
TABLE

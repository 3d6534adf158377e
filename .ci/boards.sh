#!/usr/bin/env bash
# Three boards in QEMU and two members on this machine as one cluster: leaders are killed, a lock goes round, lines are noisy, and a
# board without the key gets nowhere.
#
#     bash .ci/boards.sh
#
# QUORATE names the program if it is built already, and VERBOSE=1 shows what every process prints.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. .ci/boards-tools.sh

target_dir=${CARGO_TARGET_DIR:-$PWD/target}
packages qemu-system-arm=qemu-system-arm arm-none-eabi-ld=gcc-arm-none-eabi python3=python3-minimal
if [ -z "${QUORATE:-}" ]; then
    cargo build -q -p quorate-cli
    QUORATE=$target_dir/debug/quorate
fi
# Within the folder, whose settings say how a board's program is linked.
(cd firmware && cargo_for thumbv7m-none-eabi build -q --release --target-dir "$target_dir/firmware")
exec python3 .ci/boards.py "$QUORATE" "$target_dir/firmware/thumbv7m-none-eabi/release/quorate-firmware"

#!/usr/bin/env bash
# The same seeds in the same small world on x86-64 (debug and release), on a Cortex-M3 and as WebAssembly: the same things happen.
#
#     bash .ci/replay.sh
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../firmware"
. ../.ci/boards-tools.sh

target_dir=${CARGO_TARGET_DIR:-$PWD/../target}/replay
host=$(rustc -vV | sed -n 's/^host: //p')
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
packages qemu-system-arm=qemu-system-arm arm-none-eabi-ld=gcc-arm-none-eabi

echo "+ $host, debug"
cargo run -q -p quorate-replay --target "$host" --target-dir "$target_dir" >"$scratch/debug"
echo "+ $host, release"
cargo run -q --release -p quorate-replay --target "$host" --target-dir "$target_dir" >"$scratch/release"

echo "+ thumbv7m-none-eabi, in QEMU"
cargo_for thumbv7m-none-eabi build -q --release -p quorate-replay --target-dir "$target_dir"
timeout 500 qemu-system-arm -cpu cortex-m3 -machine lm3s6965evb -display none -monitor none -serial null \
    -semihosting-config enable=on,target=native -kernel "$target_dir/thumbv7m-none-eabi/release/quorate-replay" \
    2>"$scratch/qemu" >"$scratch/board" || { cat "$scratch/qemu" "$scratch/board"; exit 1; }

wasm=no
if node=$(command -v node); then
    echo "+ wasm32-unknown-unknown, in $("$node" --version) of node"
    # The linker that rustup ships with its compiler.
    export CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER
    CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER=$(rustc --print sysroot)/lib/rustlib/$host/bin/rust-lld
    cargo_for wasm32-unknown-unknown rustc -q --release -p quorate-replay --lib --crate-type cdylib --target-dir "$target_dir"
    "$node" -e '
        const { readFileSync } = require("fs");
        const seeds = Number(process.argv[2]);
        WebAssembly.instantiate(readFileSync(process.argv[1])).then(({ instance }) => {
            for (let seed = 0; seed < seeds; seed++) {
                const trace = BigInt.asUintN(64, instance.exports.quorate_trace(BigInt(seed)));
                console.log(`${seed} ${trace.toString(16).padStart(16, "0")}`);
            }
        });
    ' "$target_dir/wasm32-unknown-unknown/release/quorate_replay.wasm" "$(wc -l <"$scratch/debug")" >"$scratch/wasm"
    wasm=yes
else
    echo "no node here: WebAssembly was not run"
fi

seeds=$(wc -l <"$scratch/debug")
[ "$seeds" -ge 200 ] || { echo "only $seeds seeds"; exit 1; }
different=$(cut -d' ' -f2 "$scratch/debug" | sort -u | wc -l)
[ "$different" -eq "$seeds" ] || { echo "only $different different traces: nothing happens"; exit 1; }
for other in release board $([ "$wasm" = yes ] && echo wasm); do
    diff "$scratch/debug" "$scratch/$other" || { echo "$other differs"; exit 1; }
done
echo "$seeds seeds, $different different traces, the same in debug, in release, on the board$([ "$wasm" = yes ] && echo ' and as WebAssembly')"

#!/usr/bin/env bash
# The ledger of planted bugs: each must be caught by the simulator, or a test tests nothing. Arguments go to the ledger:
#
#     bash .ci/ledger.sh [--json | --markdown] [--seeds N] [BUG ...]
#
# Its build has the bugs in it, all of them switched off until one is planted, so it stays apart from all other builds.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

export RUSTFLAGS="${RUSTFLAGS:-} --cfg quorate_ledger"
exec cargo run -q --release -p quorate-sim --example ledger \
    --target-dir "${CARGO_TARGET_DIR:-target}/ledger" -- "$@"

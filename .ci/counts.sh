#!/usr/bin/env bash
# How many instructions everything in benches/src/cases.rs takes, counted by callgrind, beside benches/counts.json:
#
#     bash .ci/counts.sh              fails if anything takes 5 % more than it says there
#     bash .ci/counts.sh --rewrite    writes the file anew, to be committed with the change that explains it
#
# Counts do not depend on how busy a machine is. So that they depend as little as can be on which one it is, ciphers and the library
# of C are kept from looking for wider vectors than every x86-64 has; what is left is the compiler, whose version stands in the file.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

target_dir=${CARGO_TARGET_DIR:-$PWD/target}
version=$(sed -n 's/^gungraun = { version = "=\([0-9.]*\)".*/\1/p' benches/Cargo.toml)

as_root() {
    if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi
}

if ! command -v valgrind >/dev/null; then
    as_root apt-get -o DPkg::Lock::Timeout=300 update -qq
    as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get -o DPkg::Lock::Timeout=300 install -y -qq --no-install-recommends valgrind >/dev/null
fi
runner=$target_dir/tools/bin/gungraun-runner
if [ "$("$runner" --version 2>/dev/null)" != "gungraun-runner $version" ]; then
    cargo install --locked --root "$target_dir/tools" "gungraun-runner@$version"
fi

counted=$(mktemp)
trap 'rm -f "$counted"' EXIT
export GUNGRAUN_RUNNER=$runner
export RUSTFLAGS="${RUSTFLAGS:-} --cfg chacha20_backend=\"soft\" --cfg poly1305_backend=\"soft\""
narrow=-AVX2,-AVX2_Usable,-AVX512F,-AVX512VL,-AVX512BW,-AVX_Fast_Unaligned_Load,-ERMS,-FSRM
cargo bench -q -p quorate-benches --features counts --bench counts --target-dir "$target_dir/counts" -- \
    --output-format=json --envs="GLIBC_TUNABLES=glibc.cpu.hwcaps=$narrow" >"$counted"
python3 .ci/counts.py "$counted" "$@"

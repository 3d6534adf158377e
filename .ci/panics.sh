#!/usr/bin/env bash
# Shows that core and wire do not panic: links every machine, every configuration and every form on the wire as firmware is linked,
# with overflow checks, and looks for panics in what was linked.
#
#     bash .ci/panics.sh
#
# It looks into the finished program and not into the library that it is made of: that one holds panics which nobody calls, or, after
# an optimisation at link time, none of the program at all.
#
# Sealed frames are looked at by themselves. The cipher (chacha20poly1305 with poly1305) has checks of its own left: that a key stream
# does not end, which it does after 256 GiB, and that a block is not taken half. A datagram has 64 KiB at most.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/panics"

host=x86_64-unknown-linux-gnu
board=thumbv7m-none-eabi
cipher=(chacha20poly1305 poly1305 cipher)
target_dir=${CARGO_TARGET_DIR:-$PWD/../../target}/panics
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# link LINKER ARCHIVE PREFIXES: a program of all functions whose names begin so, and of what they need.
link() {
    local roots
    mapfile -t roots < <(nm --defined-only "$2" 2>/dev/null | awk -v prefix="^($3)_" '$3 ~ prefix { print "--undefined=" $3 }' | sort -u)
    [ "${#roots[@]}" -ge "$4" ] || { echo "only ${#roots[@]} functions to begin with"; return 1; }
    $1 --gc-sections --emit-relocs --unresolved-symbols=ignore-all --entry=0 "${roots[@]}" -o "$scratch/elf" "$2"
    echo "${#roots[@]} functions to begin with, $(nm "$scratch/elf" | grep -ci ' t ') in the program"
}

# The symbols of panics in the program: that of the handler is there whenever any panic is.
panics() {
    nm "$scratch/elf" | grep -E 'panic|unwrap_failed|expect_failed|begin_unwind|_fail(E|$)' || true
}

is_clean() {
    local found
    found=$(panics)
    [ -z "$found" ] || { echo "$found"; return 1; }
}

cp ../../Cargo.lock .
echo "+ machines, configurations and messages, $host"
cargo build -q --release --target "$host" --target-dir "$target_dir"
archive=$target_dir/$host/release/libquorate_roots.a
link ld "$archive" root 100
is_clean || { python3 callers.py "$scratch/elf"; exit 1; }
echo "no panic"

echo "+ frames, $host"
link ld "$archive" 'root|sealed' 104
python3 callers.py "$scratch/elf" "${cipher[@]}"
echo "no panic but the cipher's"

echo "+ with a panic that was planted"
cargo build -q --release --target "$host" --target-dir "$target_dir" --features planted
link ld "$archive" root 100
if is_clean >/dev/null; then echo "a planted panic was not found"; exit 1; fi
if python3 callers.py "$scratch/elf" "${cipher[@]}" >"$scratch/callers"; then echo "nobody calls the planted panic"; exit 1; fi
grep -q 'root_planted at' "$scratch/callers" || { cat "$scratch/callers"; echo "somebody else panics"; exit 1; }
echo "found"

# The same for a board, with rustup's target where that is installed, or with the Rust of Debian and the sources of its library.
linker=$(rustc --print sysroot)/lib/rustlib/$host/bin/rust-lld
cargo=(cargo)
if ! rustup target list --installed 2>/dev/null | grep -qx "$board"; then
    if [ ! -x /usr/bin/cargo ] || [ ! -d /usr/lib/rustlib/src/rust/library/core ]; then
        echo "neither rustup nor Debian has the target $board: not looked at"
        exit 0
    fi
    export PATH="/usr/bin:$PATH" RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1
    # As rustup's library is built: what it adds without a check is its own affair, or saturates.
    cargo=(/usr/bin/cargo -Zbuild-std=core --config profile.release.package.core.overflow-checks=false)
fi
echo "+ machines, configurations and messages, $board"
"${cargo[@]}" build -q --release --target "$board" --target-dir "$target_dir"
link "$linker -flavor gnu" "$target_dir/$board/release/libquorate_roots.a" root 100
is_clean || { python3 callers.py "$scratch/elf"; exit 1; }
echo "no panic"

#!/usr/bin/env bash
# Compares what the libraries offer with what is committed in docs/api, so that nothing of it changes by accident.
#
#     bash .ci/api.sh             says what is different
#     bash .ci/api.sh --rewrite   writes docs/api anew; the difference is for the review
#
# And in what core offers there must be no type of another crate: its releases are not theirs.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

target_dir=${CARGO_TARGET_DIR:-$PWD/target}/api
libraries=(quorate quorate-wire quorate-std quorate-tokio quorate-services)
[ -d adapters/embassy ] && libraries+=(quorate-embassy)

cargo build -q --release --manifest-path .ci/api/Cargo.toml --target-dir "$target_dir/tool"
different=0
mkdir -p docs/api
for library in "${libraries[@]}"; do
    # The form of the JSON is not stable, so a stable rustdoc has to be asked twice.
    RUSTC_BOOTSTRAP=1 cargo rustdoc -q -p "$library" --lib --target-dir "$target_dir" -- -Z unstable-options --output-format json --cap-lints allow
    "$target_dir/tool/release/quorate-public-api" "$target_dir/doc/${library//-/_}.json" >"$target_dir/$library.txt"
    if [ "${1:-}" = --rewrite ]; then
        cp "$target_dir/$library.txt" "docs/api/$library.txt"
    elif ! diff -u "docs/api/$library.txt" "$target_dir/$library.txt"; then
        different=1
    fi
    printf '%5s items  %s\n' "$(wc -l <"$target_dir/$library.txt")" "$library"
done

# The first parts of all paths.
foreign=$(grep -oP '(?<![:\w])[a-z_]\w*(?=::)' docs/api/quorate.txt | sort -u | grep -vxE 'core|quorate|[iu][0-9]+' || true)
if [ -n "$foreign" ]; then
    printf 'core shows what is of another crate: %s\n' "$foreign"
    exit 1
fi
if [ "$different" -ne 0 ]; then
    echo "The public API is not what docs/api says. If it is meant to change: bash .ci/api.sh --rewrite, and a line in CHANGELOG.md."
    exit 1
fi

#!/usr/bin/env bash
# Counts false failovers: five members on loopback, nobody harmed, while every core is kept busy by something else.
#
#     cargo build --release && .ci/quiet.sh [SECONDS]     (600 if not said otherwise)
#
# Prints one line, and fails if there was any election but the first.
set -euo pipefail

seconds=${1:-600}
program=${QUORATE:-$(dirname "$0")/../target/release/quorate}
folder=$(mktemp -d)
pids=()
cleanup() {
  [ ${#pids[@]} -eq 0 ] || kill "${pids[@]}" 2>/dev/null || true
  wait 2>/dev/null || true
  rm -rf "$folder"
}
trap cleanup EXIT

base=$((20000 + RANDOM % 20000))
for id in 1 2 3 4 5; do
  peers=()
  for other in 1 2 3 4 5; do
    [ "$other" = "$id" ] || peers+=(--peer "$other=127.0.0.1:$((base + other))")
  done
  "$program" node --json --id "$id" --listen "127.0.0.1:$((base + id))" "${peers[@]}" \
    --state-dir "$folder/$id" >"$folder/$id.jsonl" &
  pids+=($!)
done
sleep 2
for _ in $(seq "$(nproc)"); do
  yes >/dev/null &
  pids+=($!)
done
sleep "$seconds"

count() { cat "$folder"/*.jsonl | grep -c "\"event\":\"$1\"" || true; }
elected=$(count elected)
echo "$seconds s of quiet, $(nproc) cores kept busy: $((elected - 1)) false failovers," \
  "$(count doubtful) doubts, $(count suspected) suspicions, $(count paused) pauses noticed"
[ "$elected" = 1 ]

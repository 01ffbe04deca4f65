#!/usr/bin/env bash
# Times training on the built-in engine, two slots beside one, the memory of a worker, and round trips on the socket; prints
# medians of three (docs/performance.md).
#
#   scripts/bench-engine.sh [TUNERD]      default .build/release/tunerd; needs curl; about eight minutes on two cores
#
# Throughput is tokens over the time of a whole 'tunerd run': start, workers, evaluations and store included; once over
# wall time, once over processor time, which suffers less from other programs. Two trials of BENCH_TOKENS tokens each
# (default 256 Ki), so that two slots have work, BENCH_REPEATS times (default 3).
set -euo pipefail
export LC_ALL=C

tunerd=$(realpath "${1:-.build/release/tunerd}")
tokens=${BENCH_TOKENS:-262144}
repeats=${BENCH_REPEATS:-3}
folder=$(mktemp -d)
daemon=
finish() {
    if [ -n "$daemon" ]; then kill "$daemon" 2>/dev/null || true; wait "$daemon" 2>/dev/null || true; fi
    rm -rf "$folder"
}
trap finish EXIT
unset TUNERD_SOCKET TUNERD_STORE TUNERD_SLOTS TUNERD_SWEEPS

median() { sort -g | awk '{ v[NR] = $1 } END { print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'; }

# Wall and processor seconds of a command. 75 is its answer when there are too few trials for a law, as here.
timed() {
    local status=0 TIMEFORMAT='%R %U %S'
    { time "$@" >"$folder/out" 2>"$folder/err" || status=$?; } 2>"$folder/time"
    if [ "$status" != 0 ] && [ "$status" != 75 ]; then cat "$folder/err" >&2; return 1; fi
    awk '{ print $1, $2 + $3 }' "$folder/time"
}

echo "tunerd $("$tunerd" --version), $(nproc) cores, load $(cut -d' ' -f1 /proc/loadavg) at the start"
echo
printf '%-10s  %5s  %10s  %12s  %s\n' OPTIMIZER SLOTS TOKENS/S TOKENS/CPU-S "SECONDS OF EACH RUN"
for optimizer in muon adamw; do
    cat >"$folder/bench.yaml" <<SWEEP
name: bench
workload: char-gpt
optimizer: $optimizer
method: grid
parameters:
  learning_rate: {values: [1e-3, 2e-3]}
  batch_size_tokens: {value: 2Ki}
token_budgets: [$tokens]
SWEEP
    for slots in 1 2; do
        : >"$folder/seconds"
        for ((i = 0; i < repeats; i++)); do
            rm -f "$folder"/store.sqlite*
            timed "$tunerd" run "$folder/bench.yaml" --quiet --slots $slots --store "$folder/store.sqlite" \
                >>"$folder/seconds"
        done
        speed() { cut -d' ' -f"$1" "$folder/seconds" | median | awk -v t="$tokens" '{ printf "%.0f", 2 * t / $1 }'; }
        printf '%-10s  %5s  %10s  %12s  %s\n' $optimizer $slots "$(speed 1)" "$(speed 2)" \
            "$(cut -d' ' -f1 "$folder/seconds" | tr '\n' ' ')"
    done
done

# Trials per hour of four trials of char-gpt (width 128, depth 4, sequences of 64, 12 of them a step), a BLAS thread each,
# with one slot and with two in turn; and the largest resident size of a worker.
cat >"$folder/scale.yaml" <<SWEEP
name: scale
workload: {name: char-gpt, width: 128, depth: 4, heads: 4, sequence_length: 64, vocabulary: 65}
optimizer: adamw
method: grid
parameters:
  learning_rate: {values: [5e-4, 1e-3, 2e-3, 4e-3]}
  batch_size_tokens: {value: 768}
token_budgets: [${BENCH_SCALE_TOKENS:-98304}]
SWEEP
# Runs the sweep; prints its wall seconds and the KiB of its largest worker.
scaled() {
    rm -f "$folder"/store.sqlite*
    local start end largest=0 now child pid
    start=$(date +%s.%N)
    "$tunerd" run "$folder/scale.yaml" --quiet --slots "$1" --store "$folder/store.sqlite" >"$folder/out" 2>"$folder/err" &
    pid=$!
    while kill -0 "$pid" 2>/dev/null; do
        for child in $(cat "/proc/$pid/task/"*/children 2>/dev/null || true); do
            now=$(awk '/^VmHWM/ { print $2 }' "/proc/$child/status" 2>/dev/null || true)
            if [ "${now:-0}" -gt "$largest" ]; then largest=$now; fi
        done
        sleep 0.05
    done
    local status=0
    wait "$pid" || status=$?
    if [ "$status" != 0 ] && [ "$status" != 75 ]; then cat "$folder/err" >&2; return 1; fi
    end=$(date +%s.%N)
    echo "$start $end $largest" | awk '{ print $2 - $1, $3 }'
}
: >"$folder/one"
: >"$folder/two"
for ((i = 0; i < repeats; i++)); do
    scaled 1 >>"$folder/one"
    scaled 2 >>"$folder/two"
done
echo
printf '%-40s  %12s  %s\n' "CHAR-GPT, WIDTH 128, DEPTH 4" TRIALS/HOUR "SECONDS OF EACH RUN"
for slots in one two; do
    cut -d' ' -f1 "$folder/$slots" | median | awk -v s="$slots" -v all="$(cut -d' ' -f1 "$folder/$slots" | tr '\n' ' ')" \
        '{ printf "%-40s  %12.0f  %s\n", s (s == "one" ? " slot" : " slots"), 4 * 3600 / $1, all }'
done
paste -d' ' "$folder/one" "$folder/two" | awk '{ print $1 / $3 }' | median |
    awk '{ printf "%-40s  %12.2f\n", "two slots over one", $1 }'
cut -d' ' -f2 "$folder/one" "$folder/two" | median | awk '{ printf "%-40s  %12.0f\n", "resident MiB of a worker at most", $1 / 1024 }'

"$tunerd" serve --socket "$folder/s" --store "$folder/served.sqlite" 2>"$folder/err" &
daemon=$!
for ((i = 0; i < 100; i++)); do
    "$tunerd" status --socket "$folder/s" >/dev/null 2>&1 && break
    sleep 0.1
done
echo
printf '%-40s  %12s\n' "ROUND TRIP" MILLISECONDS
for ((i = 0; i < 500; i++)); do printf 'url = "http://localhost/v1/status"\noutput = "/dev/null"\n'; done >"$folder/urls"
for ((i = 0; i < repeats; i++)); do
    curl --silent --unix-socket "$folder/s" --write-out '%{time_total}\n' --config "$folder/urls" | median
done | median | awk '{ printf "%-40s  %12.2f\n", "GET /v1/status, one connection (500)", 1000 * $1 }'
for ((i = 0; i < 10 * repeats; i++)); do
    timed "$tunerd" status --socket "$folder/s" --json
done | median | awk '{ printf "%-40s  %12.1f\n", "tunerd status --json, a process each", 1000 * $1 }'

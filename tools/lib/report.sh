# SPDX-License-Identifier: MIT
# Stages with names, their logs, and the count of tests that ran. Sourced by tools/check.
#
# Promises: a stage that fails is reported with its log's tail and makes the whole check fail; the
# other stages still run. Every test that ran is counted, and a test program that dies counts as a
# failed test even if it could not say so.

passed=0
failed=0
logs=build/log

begin_report() { mkdir -p "$logs"; }

# stage NAME COMMAND…: runs it, its output to build/log/NAME.log. Counts as one test.
stage() {
    local name=$1 began=$SECONDS
    shift
    printf '%-28s ' "$name"
    if "$@" > "$logs/$name.log" 2>&1 < /dev/null; then
        passed=$((passed + 1))
        printf 'ok      %4d s\n' $((SECONDS - began))
    else
        failed=$((failed + 1))
        printf 'FAILED  %4d s\n' $((SECONDS - began))
        tail -n 40 "$logs/$name.log" | sed 's/^/    /'
        return 1
    fi
}

# tests SHARDS NAME COMMAND…: the same for a GoogleTest program, whose tests are counted one by one. All shards at once.
tests() {
    begin_tests "$@"
    end_tests "$2"
}

declare -A test_processes test_begun

# begin_tests SHARDS NAME COMMAND…: starts them; the rest of the check goes on.
begin_tests() {
    local shards=$1 name=$2 shard
    shift 2
    test_processes[$name]=''
    test_begun[$name]=$SECONDS
    for ((shard = 0; shard < shards; shard++)); do
        GTEST_TOTAL_SHARDS=$shards GTEST_SHARD_INDEX=$shard "$@" > "$logs/$name-$shard.log" 2>&1 < /dev/null &
        test_processes[$name]+=" $!"
    done
}

# end_tests NAME: waits for them, and counts.
end_tests() {
    local name=$1 shard=0 process status
    for process in ${test_processes[$name]}; do
        status=0
        wait "$process" || status=$?
        printf '%-28s ' "$name-$shard"
        count_tests "$name-$shard" "$status" $((SECONDS - test_begun[$name]))
        shard=$((shard + 1))
    done
}

# count_tests NAME STATUS SECONDS: reads what the program printed to its log.
count_tests() {
    local name=$1 status=$2 seconds=$3 ok bad skipped
    ok=$(grep -c '^\[       OK \]' "$logs/$name.log" || true)
    bad=$(grep -cE '^\[  FAILED  \] .* \([0-9]+ ms\)$' "$logs/$name.log" || true)
    if ((status != 0 && bad == 0)) || ((status == 0 && ok == 0)); then
        bad=$((bad + 1)) # it died, or ran nothing at all
    fi
    passed=$((passed + ok))
    failed=$((failed + bad))
    if ((bad == 0)); then
        skipped=$(grep -cE '^\[  SKIPPED \] .* \([0-9]+ ms\)$' "$logs/$name.log" || true)
        printf 'ok      %4d s  %d tests, %d skipped\n' "$seconds" "$ok" "$skipped"
        return 0
    fi
    printf 'FAILED  %4d s  %d passed, %d failed (exit status %d)\n' "$seconds" "$ok" "$bad" "$status"
    grep -E '^\[  FAILED  \]' "$logs/$name.log" | sort -u | head -n 40 | sed 's/^/    /'
    tail -n 30 "$logs/$name.log" | sed 's/^/    | /'
    return 1
}

# The last line, and the status of it all.
end_report() {
    printf 'logs: %s\n' "$logs"
    printf '%d passed, %d failed\n' "$passed" "$failed"
    ((failed == 0 && passed > 0))
}

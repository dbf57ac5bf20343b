# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Stages with names, their logs and times, and the count of tests that ran. Sourced by tools/check.
#
# Promises: a stage that fails is reported with its log's tail and makes the whole check fail; the
# other stages still run. Every test that ran is counted, and a test program that dies counts as a
# failed test even if it could not say so; where it was the lab's machine that died, that is said, and
# the test that it died in.

passed=0
failed=0
logs=build/log
times=() # "SECONDS NAME" of each stage, as they ended
# The stages that ended well, for tools/check.
declare -A well=()

begin_report() { mkdir -p "$logs"; }

# ended NAME SECONDS WORD [TEXT]: one line, and into the list of times.
ended() {
    printf '%-28s %-7s %4d s  %s\n' "$1" "$3" "$2" "${4-}"
    times+=("$2 $1")
}

# stage NAME COMMAND…: runs it, its output to build/log/NAME.log. Counts as one test.
stage() {
    local name=$1 began=$SECONDS
    shift
    local status=0
    "$@" > "$logs/$name.log" 2>&1 < /dev/null || status=$?
    count_stage "$name" "$status" $((SECONDS - began))
}

# count_stage NAME STATUS SECONDS
count_stage() {
    if (($2 == 0)); then
        passed=$((passed + 1))
        # shellcheck disable=SC2034
        well[$1]=yes
        ended "$1" "$3" ok
    else
        failed=$((failed + 1))
        ended "$1" "$3" FAILED
        tail -n 40 "$logs/$1.log" | sed 's/^/    /'
        return 1
    fi
}

# tests SHARDS NAME COMMAND…: the same for a GoogleTest program, whose tests are counted one by one. All shards at once.
tests() {
    queue_tests "$@"
    run_queue "$1"
}

# queue_count: what counts the outcome.
queue_names=() queue_commands=() queue_count=()

# queue NAME COUNT COMMAND…: the command, as bash reads it.
queue() {
    queue_names+=("$1")
    queue_count+=("$2")
    queue_commands+=("$3")
}

# queue_stage NAME COMMAND…: as stage, for run_queue.
queue_stage() { queue "$1" count_stage "$(printf '%q ' "${@:2}")"; }

# queue_tests SHARDS NAME COMMAND…: for run_queue, each shard on its own.
queue_tests() {
    local shards=$1 name=$2 shard
    shift 2
    for ((shard = 0; shard < shards; shard++)); do
        queue "$(shard_name "$shards" "$name" "$shard")" count_tests \
            "GTEST_TOTAL_SHARDS=$shards GTEST_SHARD_INDEX=$shard $(printf '%q ' "$@")"
    done
}

# queue_filters NAME COMMAND…: the same, with a filter of the standard input each.
queue_filters() {
    local name=$1 filters shard
    shift
    mapfile -t filters
    ((${#filters[@]} > 0)) || filters=('*') # it lists none: let it say why
    for shard in "${!filters[@]}"; do
        queue "$(shard_name "${#filters[@]}" "$name" "$shard")" count_tests \
            "$(printf '%q ' "$@" --gtest_filter="${filters[shard]}")"
    done
}

shard_name() {
    if (($1 == 1)); then echo "$2"; else echo "$2-$3"; fi
}

# run_queue NUMBER: runs what was queued, NUMBER at a time and in that order, and counts. The queue is empty then.
# As long as there is something to run no processor waits for a longer shard.
run_queue() {
    local at_once=$1 next=0 running=0 process status index
    local -A index_of began
    while ((next < ${#queue_names[@]} || running > 0)); do
        if ((running < at_once && next < ${#queue_names[@]})); then
            # The words are quoted; the first may be a function.
            eval "${queue_commands[next]}" > "$logs/${queue_names[next]}.log" 2>&1 < /dev/null &
            index_of[$!]=$next
            began[$!]=$SECONDS
            next=$((next + 1)) running=$((running + 1))
            continue
        fi
        status=0
        wait -n -p process "${!index_of[@]}" 2> /dev/null || status=$?
        if [[ ! ${process-} ]]; then # one was killed before it was waited for, and bash has told that already
            for process in "${!index_of[@]}"; do kill -0 "$process" 2> /dev/null || break; done
            status=0
            wait "$process" || status=$?
        fi
        index=${index_of[$process]}
        unset "index_of[$process]"
        running=$((running - 1))
        "${queue_count[index]}" "${queue_names[index]}" "$status" $((SECONDS - began[$process]))
    done
    queue_names=() queue_commands=() queue_count=()
}

# count_tests NAME STATUS SECONDS: reads what the program printed to its log.
count_tests() {
    local name=$1 status=$2 seconds=$3 log=$logs/$1.log ok bad skipped died
    ok=$(grep -c '^\[       OK \]' "$log" || true)
    bad=$(grep -cE '^\[  FAILED  \] .* \([0-9]+ ms\)$' "$log" || true)
    died=''
    if ((status == 125)) && grep -q '^lab: ' "$log"; then
        died=", the lab's machine died in $(grep -oE '^\[ RUN      \] .*' "$log" | tail -n 1 | cut -c 14-)"
    fi
    if [[ $died ]] || ((status != 0 && bad == 0)) || ((status == 0 && ok == 0)); then
        bad=$((bad + 1)) # it died, or ran nothing at all
    fi
    passed=$((passed + ok))
    failed=$((failed + bad))
    if ((bad == 0)); then
        skipped=$(grep -cE '^\[  SKIPPED \] .* \([0-9]+ ms\)$' "$log" || true)
        ended "$name" "$seconds" ok "$ok tests, $skipped skipped"
        return 0
    fi
    ended "$name" "$seconds" FAILED "$ok passed, $bad failed (exit status $status)$died"
    grep -E '^\[  FAILED  \]' "$log" | sort -u | head -n 40 | sed 's/^/    /'
    # What each failure says; where nothing says so (it died), the log's end.
    grep -E -A 16 '(: Failure|^Falsifiable|^C\+\+ exception|ERROR: .*Sanitizer)' "$log" | cut -c 1-400 | head -n 120 | sed 's/^/    | /' ||
        tail -n 30 "$log" | sed 's/^/    | /'
    return 1
}

# How long each stage took, the last line, and the status of it all.
end_report() {
    printf '\ntimes, the longest first (some beside each other; %d s in all):\n' "$SECONDS"
    printf '%s\n' "${times[@]}" | sort -rn | awk '{ printf "%6d s  %s\n", $1, $2 }'
    printf 'logs: %s\n' "$logs"
    printf '%d passed, %d failed\n' "$passed" "$failed"
    ((failed == 0 && passed > 0))
}

# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# claims.sh: tests that are shell functions, for scripts that set `suite` and source this. What they print is counted as
# GoogleTest's is (tools/lib/report.sh).
#
# Promises: `claim NAME` runs the function NAME in a shell of its own where the first command that fails ends it (not in a
# condition: bash then lets failures pass), and says OK, or FAILED with all that it printed. `end_claims` exits non-zero
# when one failed, or none ran.

claims_ok=0
claims_failed=0

claim() {
    local name=$1 log began=$SECONDS status
    log=$(mktemp)
    printf '[ RUN      ] %s.%s\n' "${suite:?}" "$name"
    (
        set -euo pipefail
        trap 'echo "line ${BASH_LINENO[0]}: failed with status $?: $BASH_COMMAND"' ERR
        set -E
        "$name"
    ) > "$log" 2>&1 < /dev/null
    status=$?
    if ((status == 0)); then
        claims_ok=$((claims_ok + 1))
        printf '[       OK ] %s.%s (%d ms)\n' "$suite" "$name" $(((SECONDS - began) * 1000))
    else
        claims_failed=$((claims_failed + 1))
        sed 's/^/    /' "$log"
        printf '[  FAILED  ] %s.%s (%d ms)\n' "$suite" "$name" $(((SECONDS - began) * 1000))
    fi
    rm -f "$log"
}

end_claims() {
    printf '%s: %d passed, %d failed\n' "$suite" "$claims_ok" "$claims_failed"
    exit $((claims_failed > 0 || claims_ok == 0))
}

# Each ends the claim where it does not hold, and says what there was instead.

equal() { # equal WANTED GOT [WHAT]
    [[ $1 == "$2" ]] || {
        printf '%swanted: %s\n%sgot:    %s\n' "${3:+$3: }" "$1" "${3:+$3: }" "$2"
        return 1
    }
}

contains() { # contains TEXT PART
    [[ $1 == *"$2"* ]] || {
        printf 'wanted somewhere: %s\nin: %s\n' "$2" "$1"
        return 1
    }
}

lacks() { # lacks TEXT PART
    [[ $1 != *"$2"* ]] || {
        printf 'wanted nowhere: %s\nin: %s\n' "$2" "$1"
        return 1
    }
}

fails() { # fails COMMAND…: with any status but 0
    if "$@"; then
        echo "wanted to fail: $*"
        return 1
    fi
}

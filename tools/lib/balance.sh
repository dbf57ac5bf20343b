# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Shares of a GoogleTest program's tests that take the same time, for report.sh's queue: GoogleTest's own shards go by the
# order of the tests, and one took three times as long as another. Sourced by tools/check.
#
# Promises: each test that the program lists is in one share and no other, whatever is known of its time. What each took
# the last time that it passed is kept in ${XDG_CACHE_HOME:-~/.cache}/cyber-zfs-backup/times, by the name of the run; where nothing is
# known of a test it counts as long as the others do in the mean.

test_times=${XDG_CACHE_HOME:-~/.cache}/cyber-zfs-backup/times

# tests_of PROGRAM [OPTIONS]: the full names, one a line. Disabled ones are not run.
tests_of() {
    "$@" --gtest_list_tests | awk '
        /^[^ ]/ { suite = $1; next }
        { name = suite $1 }
        name !~ /(^|[.\/])DISABLED_/ { print name }'
}

# shares NUMBER NAME: the tests on the standard input as so many filters, one a line; the longest test goes first, to the
# share that has least.
shares() {
    local number=$1
    awk -v known="$test_times/$2" '
        BEGIN { while ((getline < known) > 0) { time[$2] = $1; sum += $1; count++ } }
        { print ($1 in time ? time[$1] : count ? sum / count : 1), $1 }' |
        sort -k1,1rn -k2 |
        awk -v number="$number" '
            {
                least = 1
                for (i = 2; i <= number; i++) if (load[i] + 0 < load[least] + 0) least = i
                # A test of no time at all counts, too, or one share would have all of them.
                load[least] += $1 + 1
                filter[least] = filter[least] (filter[least] == "" ? "" : ":") $2
            }
            END { for (i = 1; i <= number; i++) if (filter[i] != "") print filter[i] }'
}

# remember_times NAME LOGS…: of the tests that passed.
remember_times() {
    local name=$1 new
    shift
    mkdir -p "$test_times"
    new=$(mktemp "$test_times/new.XXXXXX")
    # Those of before first: of what failed now, or was not run, that is still the best guess.
    { cat "$test_times/$name" 2> /dev/null
        sed -nE 's/^\[       OK \] ([^ ,]+) \(([0-9]+) ms\)$/\2 \1/p' "$@"; } |
        awk '{ time[$2] = $1 } END { for (test in time) print time[test], test }' > "$new" &&
        mv "$new" "$test_times/$name"
}

#!/bin/bash
# SPDX-License-Identifier: MIT
# lint BUILD_DIR: clang-tidy over every source of core, plugins and receiver, as BUILD_DIR compiled it.
#
# Promises: a file is looked at again only when it, a header of ours that it includes, or .clang-tidy
# has changed since it was found clean; findings are errors.
set -euo pipefail

build=$1
clean=build/lint
mkdir -p "$clean"

# One line a source: the source, then our headers that its object depends on.
sources_with_headers() {
    ninja -C "$build" -t deps | awk -v root="$PWD/" '
        function flush() { if (source != "") print source headers; source = ""; headers = "" }
        /^[^ ].*: #deps/ { flush(); next }
        NF == 0 { next }
        {
            path = $1
            if (path !~ /^\//) next
            if (index(path, root) != 1) next
            path = substr(path, length(root) + 1)
            if (path ~ /^build\//) next
            if (source == "" && path ~ /^(core|plugins|receiver)\/.*\.cpp$/) source = path
            else headers = headers " " path
        }
        END { flush() }' | sort -u
}

# Not exec of one process for all: each file is remembered on its own.
check_one() {
    local build=$1 clean=$2 source=$3 key
    shift 3
    key=$(cat "$source" "$@" .clang-tidy | sha256sum | cut -d ' ' -f 1)
    [[ ! -e $clean/$key ]] || return 0
    if clang-tidy --quiet -p "$build" "$source" 2> "$clean/$key.err"; then
        mv "$clean/$key.err" "$clean/$key"
    else
        grep -v 'warnings generated' "$clean/$key.err" || true
        rm -f "$clean/$key.err"
        echo "lint: $source"
        return 1
    fi
}
export -f check_one

sources_with_headers | xargs -P "$(nproc)" -I LINE bash -c 'check_one "$1" "$2" $3' lint "$build" "$clean" LINE

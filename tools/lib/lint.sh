#!/bin/bash
# SPDX-License-Identifier: MIT
# lint PRESET [deep]: clang-tidy over every source of core, plugins and receiver, as build/PRESET compiled it, but without
# precompiled headers: so each source is seen to include what it needs. Without `deep` the static analyzer
# (clang-analyzer-*) is left out, which takes six times as long as all other checks.
#
# Promises: a file is looked at again only when it, a header of ours that it includes, the options that it is compiled with,
# .clang-tidy or clang-tidy itself has changed since it was found clean, in whatever clone; findings are errors. What was found clean is known for a month after
# it was last asked for, in ${XDG_CACHE_HOME:-~/.cache}/cyber-zfs-backup/lint.
set -euo pipefail

build=build/$1
# What is configured here is never built.
commands=build/lint-$1
cmake --preset "$1" -B "$commands" -DCZB_PRECOMPILED_HEADERS=OFF
checks='-clang-analyzer-*'
[[ ${2-} != deep ]] || checks=''
clean=${XDG_CACHE_HOME:-~/.cache}/cyber-zfs-backup/lint
mkdir -p "$clean"
find "$clean" -type f -mtime +30 -delete
version=$(clang-tidy --version)
export checks version

# One line a source: the source, then our headers that its object depends on.
sources_with_headers() {
    ninja -C "$build" -t deps | awk -v root="$PWD/" -v up="$(realpath --relative-to="$build" .)/" '
        function flush() { if (source != "") print source headers; source = ""; headers = "" }
        /^[^ ].*: #deps/ { flush(); next }
        NF == 0 { next }
        {
            path = $1
            # ccache makes them relative to the build.
            if (index(path, root) == 1) path = substr(path, length(root) + 1)
            else if (index(path, up) == 1) path = substr(path, length(up) + 1)
            else next
            if (path ~ /^build\//) next
            if (source == "" && path ~ /^(core|plugins|receiver)\/.*\.cpp$/) source = path
            else headers = headers " " path
        }
        END { flush() }' | sort -u
}

# Not exec of one process for all: each file is remembered on its own.
check_one() {
    local commands=$1 clean=$2 source=$3 options key
    shift 3
    options=$(grep -F -- " -c $PWD/$source\"" "$commands/compile_commands.json")
    key=$({ cat "$source" "$@" .clang-tidy && echo "$source ${options//"$PWD"/} $checks $version"; } | sha256sum | cut -d ' ' -f 1)
    if [[ ! -e $clean/$key ]] && ! clang-tidy --quiet -p "$commands" --checks="$checks" "$source"; then
        echo "lint: $source"
        return 1
    fi
    touch "$clean/$key"
}
export -f check_one

sources=$(sources_with_headers)
for folder in core plugins receiver; do
    grep -q "^$folder/" <<< "$sources" || { echo "lint: $build compiled nothing of $folder" && exit 1; }
done
xargs -P "$(nproc)" -I LINE bash -c 'check_one "$1" "$2" $3' lint "$commands" "$clean" LINE <<< "$sources"

#!/bin/bash
# SPDX-License-Identifier: MIT
# rooms.sh: the rooms of receiver/ build on each other one way alone, those further down on none above
# (docs/architecture.md, "The receiver").
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

declare -A below=(
    [setup]='host'
    [serve]='keys host stream request'
    [keys]='host stream'
    [host]='stream request'
    [stream]='request'
    [request]=''
)
status=0
for folder in receiver/*/; do
    room=$(basename "$folder")
    [[ -v "below[$room]" ]] || { echo "$folder: no room that rooms.sh knows" && status=1 && continue; }
    while IFS=: read -r file line include; do
        other=$(sed -E 's#.*"receiver/([a-z]+)/.*#\1#' <<< "$include")
        [[ $other == "$room" || " ${below[$room]} " == *" $other "* ]] && continue
        echo "$file:$line: $room may not include what is in $other"
        status=1
    done < <(grep -rnE '#include "receiver/[a-z]+/' "$folder")
done
exit "$status"

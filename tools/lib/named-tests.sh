#!/bin/bash
# SPDX-License-Identifier: MIT
# named-tests.sh: every test that a document names as what shows something is there. `Suite.Name`, or `Suite.*` for all
# of a suite, in backticks.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

documents=(docs/security.md)
status=0 count=0
while IFS=: read -r file line name; do
    suite=${name%%.*} test=${name#*.}
    [[ $test == '*' ]] && test='[A-Za-z0-9]+'
    count=$((count + 1))
    grep -rqE --include='*.cpp' "^TEST(_F|_P)?\($suite, $test\)" tests && continue
    # The name may stand on a line of its own.
    grep -rqzE --include='*.cpp' "TEST(_F|_P)?\($suite,\s+$test\)" tests && continue
    echo "$file:$line: there is no test $name"
    status=1
done < <(grep -HnoE '`[A-Z][A-Za-z0-9]*\.([A-Z][A-Za-z0-9]*|\*)`' "${documents[@]}" | tr -d '`')
((count > 0)) || { echo "no test is named in ${documents[*]}" && status=1; }
exit "$status"

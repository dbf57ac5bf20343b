#!/bin/bash
# SPDX-License-Identifier: MIT
# named-tests.sh: every test that a document names as what shows something is there, and each line of a table that has a
# column of tests names one. `Suite.Name`, or `Suite.*` for all
# of a suite, in backticks.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

documents=(README.md CONTRIBUTING.md docs/convergence.md docs/security.md)
status=0 count=0
while IFS=: read -r file line name; do
    suite=${name%%.*} test=${name#*.}
    [[ $test == '*' ]] && test='[A-Za-z0-9]+'
    count=$((count + 1))
    grep -rqE --include='*.cpp' "^(TEST(_F|_P)?|RC_GTEST_PROP)\($suite, ${test}[,)]" tests && continue
    # The name may stand on a line of its own.
    grep -rqzE --include='*.cpp' "(TEST(_F|_P)?|RC_GTEST_PROP)\($suite,\s+${test}[,)]" tests && continue
    echo "$file:$line: there is no test $name"
    status=1
done < <(grep -HnoE '`[A-Z][A-Za-z0-9]*\.([A-Z][A-Za-z0-9]*|\*)`' "${documents[@]}" | tr -d '`')
# In a table with a column for it, each line names its test.
while IFS= read -r line; do
    echo "$line: there is no test in this line of the table"
    status=1
done < <(awk '/^\|/ && /\| test \|$/ { tested = 1; next } !/^\|/ { tested = 0 }
              tested && !/^\|-/ && !/`[A-Z][A-Za-z0-9]*\.[A-Z*][A-Za-z0-9]*`[^|]*\|$/ { print FILENAME ":" FNR }' "${documents[@]}")
((count > 0)) || { echo "no test is named in ${documents[*]}" && status=1; }
exit "$status"

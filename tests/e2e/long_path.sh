#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# A rule on the path sees all of it, however long: padding does not carry a name past it.
. "$(dirname "$0")/lib.sh"
topology <<END
rules:
  - name: no programs
    when: { path: ["*.exe"] }
    action: block
END
long=$(printf '%03000d' 0)
is "a short path is blocked" "$(get https://www.origin.test/a.exe)" 403
is "a padded path is blocked, too" "$(get "https://www.origin.test/$long.exe")" 403
like "by that rule" "$(body)" 'no programs'
is "another path is asked of the origin" "$(get "https://www.origin.test/$long.txt")" 404
audit "the audit names the rule" event=transaction status=403 rule='no programs' path='/000.*'

#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Apache and Caddy as origins, by HTTP/2 and HTTP/1.1: the same questions to each.
. "$(dirname "$0")/lib.sh"
. "$E2E/peers/origins.sh"
topology </dev/null
origins_open
A=10.77.2.21 C=10.77.2.22
start_apache $A
start_caddy $C
for v in 2 1.1; do
	plain_questions Apache $A $v
	backend_questions Apache $A $v
	coding_question Apache $A $v gzip
	coding_question Apache $A $v br
	large_question Apache $A $v
	plain_questions Caddy $C $v
	backend_questions Caddy $C $v
	coding_question Caddy $C $v gzip
	large_question Caddy $C $v
done

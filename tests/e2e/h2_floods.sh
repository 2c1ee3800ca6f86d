#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Clients that flood: each is ended for what it does, and a well-behaved one beside it hardly notices.
. "$(dirname "$0")/lib.sh"
LAB_HTTP2=yes topology </dev/null
# shellcheck source=lib-floods.sh
. "$E2E/lib-floods.sh"

calm='goaway enhance_your_calm'
declare -A want=(
	[rapid_reset]=$calm [made_overflow]=$calm [made_bad_head]=$calm [streams]=$calm [half_open]=$calm
	[continuation]=$calm [continuation_empty]=$calm [hpack_bomb]=$calm [hpack_tables]=$calm
	[settings]=$calm [settings_many]=$calm [ping]=$calm [pong]=$calm [empty_data]=$calm [padding]=$calm
	[old_heads]=$calm [priority]=$calm [window]=$calm [unknown]=$calm [goaway]=$calm [window_one]=$calm
	[made_zero]='goaway protocol_error' [made_late_data]='goaway stream_closed'
	[made_priority]='goaway frame_size_error' [dependency_loop]=$calm [h1_head]='431 .*'
)
# An update for a stream that was answered already is one without use: which of the two runs out first, timing tells.
declare -A why=(
	[rapid_reset]='too many resets' [made_overflow]='too many (streams that had to be reset|window updates)'
	[hpack_bomb]='too many heads far beyond the limit' [settings]='.*' [ping]='.*(pings|Flooding).*'
	[pong]='too many pings' [empty_data]='too many empty DATA frames' [padding]='too many empty DATA frames'
	[window]='too many window updates' [unknown]='too many frames without use'
	[continuation]='Too many CONTINUATION frames following a HEADER frame' [old_heads]='too many heads for no stream'
)
while read -r source kind how; do
	like "$kind is ended" "$how" "^${want[$kind]} [0-9]+$"
	[ -z "${why[$kind]:-}" ] || audit "the audit says why" event=flow client="$source" "reason=client: h2_flood: (flood: )?${why[$kind]}"
done < <(attack "${!want[@]}")
is "a client after all that is served" "$(get https://www.origin.test/ -w '%{http_code} %{http_version}')" '200 2'

# Those that no limit ends at once get their share of time and no more.
beside "a storm of resets" rapid_reset made_overflow streams
beside "bombs" hpack_bomb hpack_tables continuation
beside "a byte in each frame or chunk" small_data h1_chunks h1_extensions
beside "a pipeline without end" h1_pipeline

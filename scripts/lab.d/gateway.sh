# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash disable=SC2034
# The gateway of a lab: its configuration, start, stop and reload. Network rules are in net.sh.

SALLYPORT_BUILD=${SALLYPORT_BUILD:-$LAB_TOP/build}
SALLYPORT=${SALLYPORT:-$SALLYPORT_BUILD/gateway/sallyport}

# gateway_section KEY EXTRA: true where the extra file does not bring that section itself.
gateway_lacks() {
	[ -z "$2" ] || ! grep -q "^$1:" "$2"
}

# The lab's own sections, except those that EXTRA brings; @LAB@ in EXTRA is the lab's folder.
gateway_config() {
	local extra=$1
	gateway_lacks tls "$extra" && cat <<-END
		tls:
		  ca_cert: $LAB_MATERIAL/gateway-ca.crt
		  ca_key: $LAB_MATERIAL/gateway-ca.key
		  trust: $LAB_MATERIAL/root.crt
	END
	gateway_lacks scanner "$extra" && printf 'scanner: { enabled: %s, signatures: %s, own_signatures: %s }\n' "${LAB_SCANNER:-yes}" "$LAB_DIR/signatures" "$LAB_DIR/own"
	gateway_lacks audit "$extra" && printf 'audit: { folder: %s }\n' "$LAB_DIR/audit"
	# A busy machine must not turn a large download into a wait page.
	gateway_lacks patience "$extra" && echo "patience: { browsers: none }"
	gateway_lacks state_dir "$extra" && printf 'state_dir: %s\n' "$LAB_DIR/state"
	gateway_lacks workers "$extra" && echo "workers: 1"
	gateway_lacks rules "$extra" && cat <<-END
		rules:
		  - name: never decrypt the bank
		    when: { host: [bank.origin.test] }
		    action: passthrough
	END
	[ -z "$extra" ] || sed -e "s|@LAB@|$LAB_DIR|g" -e "s|@MATERIAL@|$LAB_MATERIAL|g" "$extra"
	return 0
}

# gateway_up [EXTRA]: writes the configuration, installs the rules, starts, waits for the ports.
gateway_up() {
	mkdir -p "$LAB_DIR/signatures" "$LAB_DIR/audit" "$LAB_DIR/state"
	gateway_config "${1:-}" >"$LAB_DIR/sallyport.yaml"
	tproxy_up 8080 8443 "${LAB_ANY_PORT:-0}"
	gateway_start
}

gateway_start() {
	lab_spawn gateway "$LAB_GW" env ${LAB_LIMIT:+prlimit $LAB_LIMIT} \
		"$SALLYPORT" run --config "$LAB_DIR/sallyport.yaml"
	lab_wait 30 gateway_ready || {
		echo "the gateway does not listen; its last words:" >&2
		tail -n 5 "$LAB_DIR/gateway.log" >&2
		return 1
	}
}

gateway_ready() {
	lab_listens "$LAB_GW" 8443 && return 0
	lab_alive gateway || lab_give_up=1
	return 1
}

#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Upgrade and CONNECT are refused, unless a rule lets them become tunnels.
. "$(dirname "$0")/lib.sh"
topology <<END
rules:
  - name: sockets to the raw origin
    when: { protocol: [upgrade], host: [raw.origin.test] }
    action: passthrough
END
raw_origin 80
reply socket.echo 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: lab\r\nConnection: upgrade\r\n\r\n'

ask='GET /%s HTTP/1.1\r\nHost: %s\r\nConnection: upgrade\r\nUpgrade: lab\r\n\r\n'
# shellcheck disable=SC2059
got=$(raw_to raw.origin.test 80 send "$(printf "${ask//\\/\\\\}" socket.echo raw.origin.test)" await '101 ' \
	await '\r\n\r\n' send 'ping\n' await ping)
like "by rule an upgrade becomes a tunnel" "$got" 'ping'
reply other.keep 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\nevil'
# shellcheck disable=SC2059
got=$(raw_to --wait 3 raw.origin.test 80 send "$(printf "${ask//\\/\\\\}" other.keep raw.origin.test)" drain)
like "to another protocol than it asked for it becomes 502" "$got" '^HTTP/1.1 502'
got=$(raw_to --wait 3 raw.origin.test 80 send 'GET /x.head HTTP/1.1\r\nHost: raw.origin.test\r\nConnection: upgrade\r\nUpgrade: lab, h2c\r\n\r\n' drain | sed -n '/^GET /,$p')
like "a choice of protocols goes on without it" "$got" '^GET /x.head'
unlike "and is not passed on" "$got" '^Upgrade:'
# shellcheck disable=SC2059
got=$(raw send "$(printf "${ask//\\/\\\\}" index.html www.origin.test)" drain | head -n 1)
like "otherwise it is refused" "$got" '^HTTP/1.1 403'
got=$(raw send 'CONNECT bank.origin.test:443 HTTP/1.1\r\nHost: bank.origin.test:443\r\n\r\n' drain | head -n 1)
like "CONNECT is refused" "$got" '^HTTP/1.1 40[0-9]'
audit "the audit says who was let through" event=transaction rule='sockets to the raw origin'

#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# The TLS wing with OpenSSL 3.5, which Debian 12 does not have: Node 24 brings that library with its
# headers and lends its symbols to what it loads. So the unit tests run as a module of it.
. "$(dirname "$0")/lib.sh"

HOME24=${SALLYPORT_TEST_CACHE:-/var/cache/sallyport-test}/node24
if ! [ -x "$HOME24/bin/node" ] || ! [ -d "$HOME24/include/node/openssl" ]; then
	echo "# openssl_35: no Node 24 here: left out"
	exit
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$E2E/../.." || exit 1

# The program's exit code is the test's; nothing of Node runs after it.
cat >"$work/start.c" <<-'END'
	#include <stdio.h>
	#include <stdlib.h>
	int test_main(void);
	__attribute__((constructor)) static void start(void)
	{
		int r;
		setenv("CK_FORK", "no", 1);
		r = test_main();
		fflush(stdout);
		_Exit(r);
	}
END
compile() {
	gcc -c -fPIC -O1 -std=gnu17 -D_GNU_SOURCE -w -fvisibility=hidden -DSALLYPORT_VERSION='""' \
		-DSALLYPORT_LIBEXEC='""' -I. -isystem "$HOME24/include/node" "$@"
}
mkdir "$work/lib"
read -ra psl <<<"$(pkg-config --libs libpsl 2>/dev/null)"
# What the wing stands on, without what needs other libraries and is not called here.
for f in mitm/*.c certs/*.c core/*.c; do
	case $f in core/loop.c | core/sandbox.c) continue ;; esac
	compile -o "$work/lib/$(tr / _ <<<"$f").o" "$f" || not_ok "$f is compiled" "it is not"
done
compile -o "$work/start.o" "$work/start.c"

for t in params tls client_cert verify revoke tls_revoke; do
	compile -Dmain=test_main -o "$work/$t.o" "tests/unit/test_$t.c" &&
		gcc -shared -Wl,-Bsymbolic -o "$work/$t.node" "$work/$t.o" "$work/start.o" "$work"/lib/*.o \
			-l:libcheck_pic.a "${psl[@]}" -lpthread -lm -lrt 2>"$work/link" || not_ok "$t is linked" "$(cat "$work/link")"
	said=$("$HOME24/bin/node" -e 'process.dlopen({ exports: {} }, process.argv[1])' "$work/$t.node" 2>&1)
	like "test_$t holds with OpenSSL $("$HOME24/bin/node" -p process.versions.openssl)" "$said" '^100%: Checks: [1-9]'
	[ "$t" != params ] || like "U8: X25519MLKEM768 on both legs with this library" "$said" '^100%'
done
exit $((${failures:-0} > 0))

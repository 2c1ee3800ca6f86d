# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash disable=SC2034
# For scenarios with the scanner whose jobs attack on command (scanner/hostile.h): the gateway looks
# for its scanner beside itself, so both get a folder of their own.
LAB_BEFORE=hostile_scanner
hostile_scanner() {
	mkdir "$LAB_DIR/bin"
	cp "$SALLYPORT" "$LAB_DIR/bin/sallyport"
	cp "$SALLYPORT_BUILD/scanner/sallyport-scanner-hostile" "$LAB_DIR/bin/sallyport-scanner"
	SALLYPORT=$LAB_DIR/bin/sallyport
}

# upload FILE [CURL-OPTION...]: to the origin; the status.
upload() {
	local file=$1
	shift
	ask https://www.origin.test/upload/x -T "$file" "$@"
}

#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# EICAR and the containers of clamav-testfiles in every framing that carries a file, up and down, by both versions of
# HTTP, over IPv4 and IPv6: nothing infected arrives whole; clean files in the same framings arrive as they were.
# SALLYPORT_LONG=1: every file in every framing by every way.
. "$(dirname "$0")/lib.sh"

# A signature of ClamAV's test program by its hash, which knows nothing but the whole file.
framings_before() {
	mkdir -p "$LAB_DIR/signatures" "$LAB_DIR/files" "$LAB_DIR/arrived"
	echo aa15bcf478d165efd2065190eb473bcb:544:ClamAV-Test-File >"$LAB_DIR/signatures/own.hdb"
	python3 - /usr/share/clamav-testfiles "$LAB_MATERIAL/www" "$LAB_DIR/files" <<-'END'
		import os, random, sys
		tests, www, to = sys.argv[1:]
		def read(folder, name):
		    with open(f"{folder}/{name}", "rb") as f:
		        return f.read()
		def save(name, data):
		    with open(f"{to}/{name}", "wb") as f:
		        f.write(data)
		def twin(data):
		    return data[:len(data) // 2] + bytes([data[len(data) // 2] ^ 1]) + data[len(data) // 2 + 1:]
		bad = {"eicar.com": read(www, "eicar.com")}
		if os.path.isdir(tests):
		    bad.update({name: read(tests, name) for name in os.listdir(tests)})
		for name, data in bad.items():
		    save("bad-" + name, data)
		for name in ("eicar.com", "clam.exe"):
		    save("good-" + name, twin(bad.get(name, bad["eicar.com"])))
		save("good-text", b"A clean text.\n" * 150)
		save("good-noise", random.Random(3).randbytes(20000))
		save("good.zip".replace(".", "-"), read(www, "clean.zip"))
	END
}
LAB_BEFORE=framings_before topology <<END
limits: { drain: 1s, client_rate: 100000, client_faults: 100000 }
END

lab_spawn framings "$LAB_ORIGIN" node "$E2E/framings/origin.mjs" "$LAB_DIR/files" "$LAB_DIR/arrived" \
	"$LAB_MATERIAL/raw.origin.test.chain" "$LAB_MATERIAL/raw.origin.test.key" $LAB_RAW4 $LAB_RAW6
lab_wait 10 lab_listens "$LAB_ORIGIN" 443 "[$LAB_RAW6]"
in_client timeout $((${SALLYPORT_LONG:-0} ? 3600 : 60)) node "$E2E/framings/framings.mjs" "$LAB_DIR/files" "$LAB_DIR/arrived" "$CA" ${SALLYPORT_LONG:+--all} >"$OUT/result" 2>&1
sed 's/^/# /' "$OUT/result"
like "what was infected did not arrive" "$(tail -n 1 "$OUT/result")" 'infected objects sent: [0-9]{3,}, leaks: 0;'
like "clean files in the same framings did, as they were" "$(tail -n 1 "$OUT/result")" 'clean: [0-9]{3,}, blocked: 0;'
like "what cannot be searched did not, even where it is clean" "$(tail -n 1 "$OUT/result")" 'passed: 0$'

# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
# What labs are made of and may share: the "public" PKI, the gateway's CA, the origin's files.
# Made once per LAB_MATERIAL folder. The EICAR string stands in no file of the repository.

# pki_key NAME: a P-256 key.
pki_key() {
	openssl ecparam -name prime256v1 -genkey -noout -out "$1.key" 2>/dev/null
}

# pki_root NAME SUBJECT [EXTENSION...]: a self-signed CA.
pki_root() {
	local name=$1 subject=$2
	shift 2
	pki_key "$name"
	openssl req -x509 -new -key "$name.key" -sha256 -days 3650 -subj "$subject" -out "$name.crt" \
		-config ca.cnf -extensions "${1:-v3_root}"
}

# pki_leaf NAME START END SAN [ISSUER]: a server certificate with its chain in NAME.chain.
pki_leaf() {
	local name=$1 start=$2 end=$3 san=$4 issuer=${5:-intermediate}
	pki_key "$name"
	openssl req -new -key "$name.key" -subj "/CN=$name" -config ca.cnf -out "$name.csr"
	SAN=$san ISSUER=$issuer openssl ca -batch -notext -config ca.cnf -extensions v3_leaf \
		-startdate "$start" -enddate "$end" -in "$name.csr" -out "$name.crt" 2>/dev/null
	cat "$name.crt" "$issuer.crt" >"$name.chain"
}

pki_config() {
	cat <<-'END'
		[req]
		distinguished_name = dn
		prompt = no
		[dn]
		[ca]
		default_ca = issuing
		[issuing]
		dir = .
		database = $dir/index.txt
		new_certs_dir = $dir/issued
		certificate = $dir/$ENV::ISSUER.crt
		private_key = $dir/$ENV::ISSUER.key
		rand_serial = yes
		unique_subject = no
		default_md = sha256
		default_days = 365
		policy = anything
		[anything]
		commonName = supplied
		[v3_root]
		basicConstraints = critical,CA:TRUE
		keyUsage = critical,keyCertSign,cRLSign
		subjectKeyIdentifier = hash
		[v3_gateway]
		basicConstraints = critical,CA:TRUE,pathlen:0
		keyUsage = critical,keyCertSign,cRLSign
		subjectKeyIdentifier = hash
		[v3_intermediate]
		basicConstraints = critical,CA:TRUE,pathlen:0
		keyUsage = critical,keyCertSign,cRLSign
		subjectKeyIdentifier = hash
		authorityKeyIdentifier = keyid:always
		[v3_leaf]
		basicConstraints = critical,CA:FALSE
		keyUsage = critical,digitalSignature
		extendedKeyUsage = serverAuth
		subjectKeyIdentifier = hash
		authorityKeyIdentifier = keyid:always
		subjectAltName = $ENV::SAN
	END
}

material_pki() {
	local from to name
	export ISSUER=root SAN=DNS:none.invalid # the configuration reads them, also where unused
	from=$(date -u -d '2 days ago' +%Y%m%d%H%M%SZ)
	to=$(date -u -d '300 days' +%Y%m%d%H%M%SZ)
	pki_config >ca.cnf
	: >index.txt
	mkdir -p issued
	pki_root root "/O=Lab Public Trust/CN=Lab Public Root"
	pki_root untrusted-root "/O=Nobody/CN=Untrusted Root"
	pki_root gateway-ca "/O=Lab Gateway/CN=Lab Gateway CA" v3_gateway
	pki_key intermediate
	openssl req -new -key intermediate.key -subj "/CN=Lab Public Intermediate" -config ca.cnf \
		-out intermediate.csr
	openssl ca -batch -notext -config ca.cnf -extensions v3_intermediate -days 1825 \
		-in intermediate.csr -out intermediate.crt 2>/dev/null
	for name in www bank raw; do
		pki_leaf "$name.origin.test" "$from" "$to" \
			"DNS:$name.origin.test,DNS:${name}6.origin.test,DNS:v4.origin.test,DNS:v6.origin.test"
	done
	pki_leaf expired.origin.test 20200101000000Z 20200301000000Z DNS:expired.origin.test
	pki_leaf wrong.origin.test "$from" "$to" DNS:another.example.test
	pki_leaf untrusted.origin.test "$from" "$to" DNS:untrusted.origin.test untrusted-root
	pki_leaf by-address "$from" "$to" \
		"IP:10.77.2.2,IP:fd77:0:0:2::2,IP:10.77.2.9,IP:fd77:0:0:2::9"
	pki_key selfsigned.origin.test
	openssl req -x509 -new -key selfsigned.origin.test.key -days 30 -subj /CN=selfsigned.origin.test \
		-config ca.cnf -addext subjectAltName=DNS:selfsigned.origin.test -out selfsigned.origin.test.chain
	chmod 644 ./*.key && chmod 600 gateway-ca.key # nginx reads as another user
}

# The files that the origin serves. EICAR is put together here from two halves.
material_www() {
	mkdir -p www
	printf '<!doctype html><title>lab</title><p>A clean page.\n' >www/index.html
	python3 - www <<-'END'
		import gzip, io, random, sys, zipfile
		top = sys.argv[1]
		eicar = (r"X5O!P%@AP[4\PZX54(P^)7CC)7}$" + "EICAR-STANDARD-" + "ANTIVIRUS-TEST-FILE!$H+H*").encode()
		def save(name, data):
		    with open(f"{top}/{name}", "wb") as f:
		        f.write(data)
		def zipped(name, data):
		    b = io.BytesIO()
		    with zipfile.ZipFile(b, "w", zipfile.ZIP_DEFLATED) as z:
		        z.writestr(name, data)
		    return b.getvalue()
		r = random.Random(77)
		save("eicar.com", eicar)
		save("eicar.zip", zipped("eicar.com", eicar))
		save("eicar-deep.zip", zipped("inner.zip", zipped("eicar.com", eicar)))
		save("eicar.gz", gzip.compress(eicar))
		save("clean.gz", gzip.compress(b"A clean text.\n" * 1000))
		save("clean.txt", b"A clean text.\n" * 1000)
		save("clean.zip", zipped("clean.txt", b"A clean text.\n" * 1000))
		save("1k.bin", r.randbytes(1024))
		save("2m.bin", r.randbytes(2 << 20))
		save("50m.bin", r.randbytes(50_000_000))
	END
	(cd www && sha256sum ./*.bin >../www.sha256)
}

# material_make FOLDER: complete, or not there at all.
material_make() {
	local to=$1 work
	[ -e "$to/complete" ] && return 0
	mkdir -p "$to" && chmod 755 "$to"
	work=$(mktemp -d "$to/new.XXXXXX") && chmod 755 "$work"
	(
		cd "$work" || exit 1
		set -e
		material_pki
		material_www
	) || { rm -rf "$work"; return 1; }
	mv "$work"/* "$to"/ && rmdir "$work" && touch "$to/complete"
}

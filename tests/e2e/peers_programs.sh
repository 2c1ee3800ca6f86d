#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# What programs do all day: git clone and push, apt, a form with a large file.
. "$(dirname "$0")/lib.sh"
. "$E2E/peers/origins.sh"
topology </dev/null
origins_open
unset "${!GIT_@}" "${!SSL_@}" CURL_CA_BUNDLE
export HOME=$OUT/home
mkdir -p "$HOME"

# A repository behind git's own CGI, in Apache.
repository() {
	local g="git -c user.name=lab -c user.email=lab@origin.test"
	git init -q -b main "$OUT/source" && head -c 3000000 /dev/urandom >"$OUT/source/large" && echo text >"$OUT/source/text"
	(cd "$OUT/source" && $g add . && $g commit -qm first)
	mkdir -p "$W/git" && git clone -q --bare "$OUT/source" "$W/git/lab.git"
	git -C "$W/git/lab.git" config http.receivepack true
	chown -R www-data "$W/git" && chmod -R a+rX "$OUT/source"
}

# A flat repository of packages: one small, one of 3 MB.
packages() {
	local n
	local -A size=([small]=1000 [large]=3000000)
	for n in small large; do
		mkdir -p "$OUT/deb/$n/DEBIAN" "$OUT/deb/$n/usr/share/lab" "$W/apt"
		printf 'Package: lab-%s\nVersion: 1\nArchitecture: all\nMaintainer: lab <lab@origin.test>\nDescription: of the lab\n' $n >"$OUT/deb/$n/DEBIAN/control"
		head -c "${size[$n]}" /dev/urandom >"$OUT/deb/$n/usr/share/lab/$n"
		dpkg-deb -b --root-owner-group "$OUT/deb/$n" "$W/apt/lab-$n.deb" >/dev/null
	done
	(cd "$W/apt" && dpkg-scanpackages . 2>/dev/null >Packages && gzip -k Packages && apt-ftparchive release . >"$OUT/Release" && mv "$OUT/Release" .)
	chmod -R a+rX "$W/apt"
}

# apt_get SCHEME ARGUMENT...: with folders of its own.
apt_get() {
	local d=$OUT/apt-$1 scheme=$1
	shift
	mkdir -p "$d/lists/partial" "$d/archives/partial" "$d/etc/preferences.d"
	: >"$d/status"
	echo "deb [trusted=yes] $scheme://raw.origin.test/apt ./" >"$d/etc/sources.list"
	in_client timeout 25 apt-get -q -o Dir::State="$d" -o Dir::State::status="$d/status" -o Dir::State::lists="$d/lists" \
		-o Dir::Cache="$d" -o Dir::Cache::archives="$d/archives" -o Dir::Etc="$d/etc" -o Dir::Etc::sourcelist="$d/etc/sources.list" \
		-o Dir::Etc::sourceparts=- -o Dir::Log="$d" -o Acquire::https::CAInfo="$CA" -o APT::Sandbox::User=root \
		-o APT::Architecture=amd64 -o Acquire::Languages=none -o Acquire::EnableSrvRecords=false "$@" 2>&1
}

repository
packages
# shellcheck disable=SC2034 # start_apache reads it
APACHE_MORE="LoadModule cgid_module /usr/lib/apache2/modules/mod_cgid.so
LoadModule alias_module /usr/lib/apache2/modules/mod_alias.so
LoadModule env_module /usr/lib/apache2/modules/mod_env.so
ScriptSock $OUT/apache/cgi
Listen $LAB_RAW4:80
<VirtualHost $LAB_RAW4:80>
SSLEngine off
</VirtualHost>
SetEnv GIT_PROJECT_ROOT $W/git
SetEnv GIT_HTTP_EXPORT_ALL 1
ScriptAlias /git/ /usr/lib/git-core/git-http-backend/
<Directory /usr/lib/git-core>
Require all granted
</Directory>
"
start_apache $LAB_RAW4

for v in 2 1.1; do
	g="git -c http.sslCAInfo=$CA -c http.version=HTTP/${v%.0} -c user.name=lab -c user.email=lab@origin.test -c safe.directory=*"
	like "git by $v: clone" "$(in_client timeout 20 $g clone https://raw.origin.test/git/lab.git "$OUT/clone-$v" 2>&1; echo "ends $?")" 'ends 0'
	is "git by $v: the clone is whole" "$(digest "$OUT/clone-$v/large")" "$(digest "$OUT/source/large")"
	head -c 2000000 /dev/urandom >"$OUT/clone-$v/more-$v"
	(cd "$OUT/clone-$v" && $g add . && $g commit -qm "by $v") >/dev/null
	like "git by $v: push" "$(cd "$OUT/clone-$v" && in_client timeout 20 $g push origin main 2>&1; echo "ends $?")" 'ends 0'
	is "git by $v: the push arrived" "$(git -c safe.directory='*' -C "$W/git/lab.git" log --format=%s -1)" "by $v"
done

for scheme in https http; do
	like "apt by $scheme: update" "$(apt_get $scheme update; echo "ends $?")" 'ends 0'
	like "apt by $scheme: it knows the packages" "$(ls "$OUT/apt-$scheme/lists")" Packages
	# A download that broke off before is resumed from where it stopped.
	cd "$OUT" || exit 1
	head -c 1000000 "$W/apt/lab-large.deb" >"$OUT/apt-$scheme/archives/partial/lab-large_1_all.deb"
	touch -r "$W/apt/lab-large.deb" "$OUT/apt-$scheme/archives/partial/lab-large_1_all.deb"
	like "apt by $scheme: install, a part of one was there" "$(apt_get $scheme -y -d install lab-small lab-large; echo "ends $?")" 'ends 0'
	for n in small large; do
		is "apt by $scheme: lab-$n is whole" "$(digest "$OUT/apt-$scheme/archives/lab-${n}_1_all.deb")" "$(digest "$W/apt/lab-$n.deb")"
	done
	like "apt by $scheme: nothing is new" "$(apt_get $scheme update; echo "ends $?")" '^Hit:'
done

for v in 2 1.1; do
	is "a form with 50 MB by $v" "$(from $LAB_RAW4 $v /upload -F name=value -F "file=@$LAB_MATERIAL/www/50m.bin")" "200 $v"
	is "a form with EICAR by $v is blocked" "$(from $LAB_RAW4 $v /upload -F name=value -F "file=@$LAB_MATERIAL/www/eicar.com")" "403 $v"
done
is "the forms are whole at the origin" "$(awk '$3 > 50000000 && $3 < 50001000' "$LAB_DIR/origin/uploads.log" | wc -l)" 2

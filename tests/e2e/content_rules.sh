#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# What a body is, what is in it and what it claims to be decide by rule; what cannot be searched for being
# encrypted passes as a download, with a warning, and as an upload only to known hosts.
. "$(dirname "$0")/lib.sh"
topology <<-'END'
	known_hosts: [v4.origin.test]
	rules:
	  - { name: no programs from v6, when: { host: v6.origin.test, contains: [executable] }, action: block }
	  - { name: no false names, when: { mismatch: yes, content: [executable.elf, archive] }, action: block, reason: it is not what it says }
	  - { name: macros at home, when: { host: [v4.origin.test], verdict: [suspect], content: [document] }, action: warn }
END
files=$LAB_MATERIAL/www/content_rules.$$
mkdir -p "$files"
python3 "$E2E/content_files.py" "$files" || not_ok "the files" "are not there"
chmod 755 "$files"
trap 'rm -rf "$files"; finish' EXIT
www=https://www.origin.test/${files##*/} home=https://v4.origin.test/${files##*/} strict=https://v6.origin.test/${files##*/}
head_has() { like "$1" "$(tr -d '\r' <"$OUT/head")" "$2"; }

for version in --http1.1 --http2; do
	is "$version: an encrypted download passes" "$(ask $www/encrypted.zip $version)" 200
	is "as it was" "$(digest "$OUT/body")" "$(digest "$files/encrypted.zip")"
	head_has "with a warning" '^[Ss]allyport-[Ww]arning: unscannable.encrypted$'
	is "$version: a clean one" "$(ask $www/clean.zip $version)" 200
	unlike "has none" "$(cat "$OUT/head")" '[Ss]allyport-[Ww]arning'
done
audit "the audit notes it" event=transaction path=.*/encrypted.zip warned=true rule=default response_reason=encrypted action=allow
is "an encrypted upload to an unknown host" "$(ask https://www.origin.test/upload/e -T "$files/encrypted.zip")" 403
is "to a known one" "$(ask https://v4.origin.test/upload/e -T "$files/encrypted.zip")" 200
is "arrives" "$(body)" "$(digest "$files/encrypted.zip")"
audit "and is noted" event=transaction path=/upload/e warned=true request_reason=encrypted

is "a program in an archive" "$(ask $strict/program.zip)" 403
is "and in JSON" "$(ask $strict/form.json)" 403
is "passes where no rule says so" "$(ask $www/program.zip)" 200
audit "the audit says what is in it" event=transaction path=.*/program.zip action=allow response_content=archive \
	response_contains='text archive executable' response_objects=3 response_file_type=zip
audit "and in JSON" event=transaction path=.*/form.json response_content=data response_contains='.*executable.*' rule='no programs from v6'
is "a program that says it is a picture" "$(ask $www/picture.png)" 403
is "an archive that says it is text" "$(ask $www/notes.txt)" 403
like "the page has the reason" "$(body)" 'not what it says'

is "macros are blocked" "$(ask $www/macros.doc)" 403
audit "as suspicious" event=transaction path=.*/macros.doc response_verdict=suspect response_signature='Heuristics.OLE2.ContainsMacros.VBA'
is "in a package, too" "$(ask $www/macros.docm)" 403
is "but pass where a rule warns" "$(ask $home/macros.docm)" 200
head_has "with its warning" 'allyport-[Ww]arning: suspect'
is "a document without any" "$(ask $www/plain.doc)" 200
for file in good.png trailing.png endless.png good.jpg trailing.jpg good.gif trailing.gif unended.gif; do
	is "an image as they are: $file" "$(ask $www/$file)" 200
done

raw_origin 80
named() {
	printf 'HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\n%s\r\n\r\n' "$2" | cat - "$files/$3" >"$OUT/replies/$1"
	ask "http://raw.origin.test/$1"
}
is "Content-Disposition claims, too" "$(named a 'Content-Disposition: attachment; filename="report.pdf"' clean.zip)" 403
is "in either spelling" "$(named b "Content-Disposition: attachment; filename=x.zip; filename*=UTF-8''r%2epdf" clean.zip)" 403
is "a name that fits" "$(named c 'Content-Disposition: attachment; filename="x.zip"' clean.zip)" 200
is "no name claims nothing" "$(named d 'X: y' picture.png)" 200

explained() { in_gw "$SALLYPORT" explain --config "$LAB_DIR/sallyport.yaml" --client 10.77.1.2 "$@"; }
like "explain takes contents" "$(explained --url https://v6.origin.test/ --content archive.zip --contains executable)" "block by 'no programs from v6'"
like "and names" "$(explained --url https://www.origin.test/ --content executable.elf --file-name a.png)" "block by 'no false names'"
like "and warns" "$(explained --url https://www.origin.test/ --verdict unscannable.encrypted)" "allow by 'default', with a warning"
in_gw "$SALLYPORT" explain --config "$LAB_DIR/sallyport.yaml" --client 10.77.1.2 --url https://a.test/ --content film >"$OUT/said" 2>&1
is "nonsense is refused" $? 2

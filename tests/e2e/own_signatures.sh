#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Each kind of own signature finds what it says, each kind of whitelist mends a false positive (docs/signatures.md).
. "$(dirname "$0")/lib.sh"
topology <<'END'
scanner: { signatures: @LAB@/signatures, own_signatures: @LAB@/own, jobs: 2 }
limits: { signatures_quiet: 300ms, signatures_poll: 2s }
END
own=$LAB_DIR/own
mkdir "$own"
hex() { printf '%s' "$1" | od -An -tx1 -v | tr -d ' \n'; }
reload() { in_gw "$SALLYPORT" reload --signatures --config "$LAB_DIR/sallyport.yaml" 2>&1; }
# post NAME: what became of an upload of that file.
post() { get https://www.origin.test/upload/x -T "$OUT/$1"; }
found() { # found FACT FILE NAME
	is "$1 is found" "$(post "$2")" 403
	audit "and named" event=transaction request_signature="$3"
}

for f in md5 sha1 sha256 bytes logic yara yara2 none; do
	printf 'a file for own signatures: %s, and this is all that is in it\n' "$f" >"$OUT/$f"
done
printf 'first half of something ... second half of it\n' >"$OUT/logic"
size() { stat -c %s "$OUT/$1"; }
sum() { "$1"sum <"$OUT/$2" | cut -d' ' -f1; }

up() { in_gw "$SALLYPORT" status --config "$LAB_DIR/sallyport.yaml" >/dev/null 2>&1; }
lab_wait 20 up
echo "$(sum md5 md5):$(size md5):Own.Md5" >"$own/own.hdb"
echo "$(sum sha1 sha1):$(size sha1):Own.Sha1" >"$own/own.hsb"
echo "$(sum sha256 sha256):*:Own.Sha256:73" >>"$own/own.hsb"
echo "Own.Bytes:0:*:$(hex 'own signatures: bytes')" >"$own/own.ndb"
echo "Own.Logic;Engine:51-255,Target:0;0&1;$(hex 'first half');$(hex 'second half')" >"$own/own.ldb"
printf 'rule own_rule\n{\n\tstrings:\n\t\t$a = "own signatures: yara,"\n\tcondition:\n\t\t$a\n}\n' >"$own/own.yar"
printf 'rule other_rule { strings: $a = "signatures: yara2" condition: $a }\n' >"$own/other.yara"
echo 'not read: another kind of file' >"$own/README"
like "all of them are loaded" "$(reload)" '^8 signatures are in force'
found "an MD5" md5 'Own\.Md5\.UNOFFICIAL'
found "a SHA-1" sha1 'Own\.Sha1\.UNOFFICIAL'
found "a SHA-256 without a size" sha256 'Own\.Sha256\.UNOFFICIAL'
found "a pattern of bytes" bytes 'Own\.Bytes\.UNOFFICIAL'
found "a logical signature" logic 'Own\.Logic\.UNOFFICIAL'
found "a YARA rule" yara 'YARA\.own_rule\.UNOFFICIAL'
found "one in a .yara file" yara2 'YARA\.other_rule\.UNOFFICIAL'
is "another file passes" "$(post none)" 200
is "EICAR is found beside them" "$(get https://www.origin.test/eicar.com)" 403

# False positives.
echo "$(sum md5 bytes):$(size bytes):Not.Bad" >"$own/mine.fp"
echo "$(sum sha256 logic):$(size logic):Not.Bad.Either" >"$own/mine.sfp"
echo Own.Sha1 >"$own/mine.ign2"
printf '%s:0:*:%s\n' Main.Pattern "$(hex 'signatures: none')" Main.Other "$(hex 'signatures: sha256')" >"$LAB_DIR/signatures/main.ndb"
echo "Main.Pattern" >>"$own/mine.ign2"
like "whitelists are loaded" "$(reload)" 'signatures are in force'
is "a .fp lets its file pass" "$(post bytes)" 200
is "a .sfp lets its file pass" "$(post logic)" 200
is "an .ign2 leaves out an own signature" "$(post sha1)" 200
is "and one of the main folder" "$(post none)" 200
found "what is not on a list" sha256 '(Own\.Sha256|Main\.Other)\.UNOFFICIAL'
is "and so is all else" "$(post md5) $(post yara)" "403 403"

# Broken: which file, and what; the old set stays.
refused() { # refused FACT FILE TEXT WHAT
	printf '%b' "$3" >"$own/$2"
	like "$1 is refused with its name" "$(reload)" "own signatures, $2: $4"
	is "and the old set stays" "$(post md5) $(post bytes)" "403 200"
	rm "$own/$2"
}
refused "a pattern without digits" bad.ndb 'Own.Bad:0:*:this is not hex\n' 'Malformed database'
refused "a hash that is none" bad.hsb 'abc:12:Own.Bad\n' '.*hash abc'
refused "a rule with a mistake" bad.yar 'rule broken { condition: }\n' 'M?.*'
refused "a rule that needs a module" bad.yara 'import "pe"\nrule m { condition: pe.number_of_sections == 1 }\n' '.*'
echo "Own.Everything:0:*:$(hex warm)" >"$own/all.ndb" # a word of a sample's
like "a signature that finds what is clean fails the self-test" "$(reload)" 'self-test: a clean sample is called: infected Own.Everything'
is "and the old set stays" "$(post md5) $(post none)" "403 200"
rm "$own/all.ndb"
like "without them all is well" "$(reload)" 'signatures are in force'

# Phishing, as configured.
printf 'HTML.Phishing.Own:0:*:%s\n' "$(hex 'your account will be closed')" >"$LAB_DIR/signatures/phish.ndb"
echo "<html><body>your account will be closed unless you sign in</body></html>" >"$OUT/phish"
reload >/dev/null
like "signatures of phishing count by default" "$(post phish)" 403
set_phishing() {
	sed -i "s/^scanner: {.*/scanner: { signatures: ${LAB_DIR//\//\\/}\/signatures, own_signatures: ${LAB_DIR//\//\\/}\/own, jobs: 2, phishing: $1 }/" "$LAB_DIR/sallyport.yaml"
	in_gw "$SALLYPORT" reload --config "$LAB_DIR/sallyport.yaml" >"$OUT/said" 2>&1
}
set_phishing off
let_by() { [ "$(post phish)" = 200 ]; }
holds "phishing: off, and they do not, without a restart" lab_wait 10 let_by
is "all else counts as before" "$(get https://www.origin.test/eicar.com)" 403
cat >"$OUT/mail" <<'END'
From: a@b.test
To: c@d.test
Subject: your account
MIME-Version: 1.0
Content-Type: text/html

<html><body><a href="http://203.0.113.5/login">https://www.bank.example/login</a></body></html>
END
is "a link that shows another address passes" "$(post mail)" 200
set_phishing links
mail_refused() { [ "$(post mail)" = 403 ]; }
holds "phishing: links, and it does not" lab_wait 10 mail_refused
audit "as suspect" event=transaction request_verdict=suspect request_signature='Heuristics\.Phishing\..*'
set_phishing never
like "another word is refused" "$(cat "$OUT/said")" 'never: expected'

/* SPDX-License-Identifier: BSD-2-Clause */
/* Facts about kinds of content: what bytes tell, what names and media types claim, and what fits. */
#include <check.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/kind.h"

#define TESTFILES "/usr/share/clamav-testfiles/"
#define ROW(kind, word, lit) { KIND_##kind, word, { lit, sizeof(lit) - 1 } }

START_TEST(first_bytes_tell_a_kind)
{
	static const struct {
		enum kind kind;
		const char *word;
		struct str bytes;
	} rows[] = {
		ROW(UNKNOWN, "empty", ""),
		ROW(UNKNOWN, "unknown", "\1\2\3\4\5"),
		ROW(TEXT, "text", "Hello, world.\n"),
		ROW(TEXT, "text", "MAC addresses have six bytes"),
		ROW(TEXT, "text", "MZ is a magic number"),
		ROW(TEXT, "text", "BM, FWS and RIFF as words"),
		ROW(TEXT, "text", "caf\xe9 in Latin-1"),
		ROW(TEXT, "text", "From here on all is text\n"),
		ROW(DATA, "json", "{\"a\": 1}"),
		ROW(DATA, "json", " \r\n[1, 2]"),
		ROW(DATA, "json", "\xef\xbb\xbf{ }"),
		ROW(TEXT, "text", "{ a: 1 }"),
		ROW(STYLE, "css", "@charset \"utf-8\"; body {}"),
		ROW(MARKUP, "html", "<!DOCTYPE html><html>"),
		ROW(MARKUP, "html", "\n\n\t <HtMl>"),
		ROW(MARKUP, "html", "<script>alert(1)</script>"),
		ROW(MARKUP, "html", "\xef\xbb\xbf <p>"),
		ROW(MARKUP, "html", "\xff\xfe<\0p\0>\0"),
		ROW(MARKUP, "html", "\xfe\xff\0 \0<\0b\0>"),
		ROW(MARKUP, "xml", "<\0?\0x\0m\0l\0 \0"),
		ROW(MARKUP, "xml", "<?xml version='1.0'?><a/>"),
		ROW(MARKUP, "html", "<?xml version='1.0'?><!DOCTYPE x><html xmlns='a'>"),
		ROW(MARKUP, "svg", "<svg xmlns=\"http://www.w3.org/2000/svg\">"),
		ROW(MARKUP, "svg", "<?xml version=\"1.0\"?>\n<!-- c -->\n<SVG onload='a()'>"),
		ROW(TEXT, "text", "< 5 and > 3"),
		ROW(SCRIPT, "shebang", "#!/bin/sh\n"),
		ROW(SCRIPT, "shebang", "\xef\xbb\xbf#! /usr/bin/env python3\n"),
		ROW(SCRIPT, "shebang", "\n \n#!/bin/sh\n"),
		ROW(SCRIPT, "php", "<?php system($_GET[0]);"),
		ROW(SCRIPT, "batch", "@ECHO OFF\r\n"),
		ROW(SCRIPT, "batch", "\xff\xfe@\0e\0c\0h\0o\0 \0o\0f\0f\0"),
		ROW(SCRIPT, "javascript", "'use strict';"),
		ROW(SCRIPT, "wsf", "<job id=\"a\"><script language=\"VBScript\">"),
		ROW(DOCUMENT, "pdf", "%PDF-1.7\n"),
		ROW(DOCUMENT, "pdf", "\r\n\r\n%PDF-1.7\n"),
		ROW(DOCUMENT, "pdf", "garbage\n\1\2%\n%PDF-1.4\n"),
		ROW(DOCUMENT, "rtf", "{\\rtf1\\ansi"),
		ROW(DOCUMENT, "ole2", "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\0\0"),
		ROW(DOCUMENT, "officexml", "<?xml version=\"1.0\"?>\n<?mso-application progid=\"Word.Document\"?>"),
		ROW(ARCHIVE, "zip", "PK\3\4\24\0\0\0\10\0........................a.txt"),
		ROW(DOCUMENT, "ooxml", "PK\3\4\24\0\0\0\10\0....................[Content_Types].xml"),
		ROW(EXECUTABLE, "jar", "PK\3\4\24\0\0\0\10\0....................META-INF/MANIFEST.MF"),
		ROW(DOCUMENT, "odf", "PK\3\4\24\0\0\0\10\0....................mimetypeapplication/vnd.oasis.opendocument.text"),
		ROW(ARCHIVE, "rar", "Rar!\x1a\7\1\0"),
		ROW(ARCHIVE, "zstd", "\x28\xb5\x2f\xfd\4"),
		ROW(ARCHIVE, "cpio", "070701" "000000000000"),
		ROW(EXECUTABLE, "pe", "MZ\x90\0\3\0\0\0"),
		ROW(EXECUTABLE, "elf", "\x7f" "ELF\2\1\1"),
		ROW(EXECUTABLE, "deb", "!<arch>\ndebian-binary   "),
		ROW(EXECUTABLE, "lnk", "\x4c\0\0\0\1\x14\2\0\0\0\0\0"),
		ROW(EXECUTABLE, "swf", "CWS\x0a\1\2\3\4\5\6\7\10"),
		ROW(IMAGE, "png", "\x89PNG\r\n\x1a\n\0\0\0\rIHDR"),
		ROW(IMAGE, "jpeg", "\xff\xd8\xff\xe0\0\x10JFIF"),
		ROW(IMAGE, "gif", "GIF89a<script>alert(1)</script>"),
		ROW(IMAGE, "webp", "RIFF\0\1\0\0WEBPVP8 "),
		ROW(IMAGE, "heif", "\0\0\0\x1c" "ftypavif\0\0\0\0"),
		ROW(IMAGE, "bmp", "BM\x36\0\3\0\0\0\0\0\x36\0\0\0\x28\0\0\0\0\1\0\0\0\1\0\0"),
		ROW(IMAGE, "ico", "\0\0\1\0\1\0\x10\x10\0\0\1\0\x20\0\x68\4\0\0\x16\0\0\0"),
		ROW(AUDIO, "wav", "RIFF\0\1\0\0WAVEfmt "),
		ROW(AUDIO, "mp3", "ID3\4\0\0\0\0\0\0"),
		ROW(AUDIO, "mp4", "\0\0\0\x1c" "ftypM4A \0\0\0\0"),
		ROW(AUDIO, "amr", "#!AMR\n"),
		ROW(VIDEO, "mp4", "\0\0\0\x1c" "ftypisom\0\0\0\0"),
		ROW(VIDEO, "matroska", "\x1a\x45\xdf\xa3\1"),
		ROW(FONT, "woff2", "wOF2\0\1\0\0"),
		ROW(FONT, "ttf", "\0\1\0\0\0\x11\1\0"),
		ROW(DISK_IMAGE, "qcow", "QFI\xfb\0\0\0\3"),
		ROW(MAIL, "mail", "received: from a by b"),
		ROW(MAIL, "mbox", "From a@b.test Thu Jan  1 00:00:00 1970\nSubject: x\n"),
		ROW(ENCRYPTED, "pgp", "-----BEGIN PGP MESSAGE-----\n"),
		ROW(ENCRYPTED, "luks", "LUKS\xba\xbe\0\2"),
		ROW(DATA, "pem", "-----BEGIN CERTIFICATE-----\n"),
		ROW(DATA, "sqlite", "SQLite format 3\0\x10\0"),
	};
	const char *word;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		enum kind k = kind_of_bytes(rows[i].bytes, &word);

		ck_assert_msg(k == rows[i].kind, "row %zu (%s): %s", i, rows[i].word, kind_word(k));
		ck_assert_msg(strcmp(word, rows[i].word) == 0, "row %zu: %s, not %s", i, word, rows[i].word);
	}
}
END_TEST

/* Every file of Debian's clamav-testfiles, by the ending of its name. */
START_TEST(real_files_are_told)
{
	static const struct {
		const char *ending;
		enum kind kind;
	} rows[] = { { ".exe", KIND_EXECUTABLE }, { ".7z", KIND_ARCHIVE }, { ".arj", KIND_ARCHIVE },
		{ ".cpio", KIND_ARCHIVE }, { ".zip", KIND_ARCHIVE }, { ".cab", KIND_ARCHIVE },
		{ ".chm", KIND_DOCUMENT }, { ".binhex", KIND_ARCHIVE }, { ".bz2", KIND_ARCHIVE },
		{ ".html", KIND_MARKUP }, { ".base64", KIND_MAIL }, { ".uu", KIND_MAIL },
		{ ".rtf", KIND_DOCUMENT }, { ".szdd", KIND_ARCHIVE }, { ".mail", KIND_MAIL },
		{ ".doc", KIND_DOCUMENT }, { ".pdf", KIND_DOCUMENT }, { ".ppt", KIND_DOCUMENT },
		{ ".sis", KIND_EXECUTABLE }, { ".gz", KIND_ARCHIVE }, { ".tnef", KIND_MAIL },
		{ ".tgz", KIND_ARCHIVE } };
	DIR *d = opendir(TESTFILES);
	struct dirent *e;
	int known = 0;

	if (d == NULL)
		return;
	while ((e = readdir(d)) != NULL) {
		char path[512], first[KIND_FIRST];
		FILE *f;
		size_t n;

		snprintf(path, sizeof(path), TESTFILES "%s", e->d_name);
		f = e->d_name[0] != '.' ? fopen(path, "rbe") : NULL;
		if (f == NULL)
			continue;
		n = fread(first, 1, sizeof(first), f);
		fclose(f);
		for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
			if (str_isuffix(str_c(e->d_name), str_c(rows[i].ending))) {
				known++;
				ck_assert_msg(kind_of_bytes(str_of(first, n), NULL) == rows[i].kind,
				    "%s: %s", e->d_name, kind_word(kind_of_bytes(str_of(first, n), NULL)));
			}
	}
	closedir(d);
	ck_assert_int_ge(known, 40);
}
END_TEST

START_TEST(media_types_and_names_claim_kinds)
{
	static const struct {
		const char *type, *name;
		enum kind by_type, by_name;
	} rows[] = {
		{ "image/png", "a.png", KIND_IMAGE, KIND_IMAGE },
		{ "IMAGE/SVG+XML; charset=utf-8", "/x/A.SVG", KIND_MARKUP, KIND_MARKUP },
		{ "application/octet-stream", "a.bin", KIND_UNKNOWN, KIND_UNKNOWN },
		{ "text/plain", "notes.txt", KIND_TEXT, KIND_TEXT },
		{ "audio/mpegurl", "a.m3u8", KIND_DATA, KIND_DATA },
		{ "audio/x-unheard", "a.tar.gz", KIND_AUDIO, KIND_ARCHIVE },
		{ "application/problem+json", "invoice.pdf.exe", KIND_DATA, KIND_EXECUTABLE },
		{ "application/vnd.unheard+xml", "setup.exe . ", KIND_MARKUP, KIND_EXECUTABLE },
		{ "", "", KIND_UNKNOWN, KIND_UNKNOWN },
		{ "image", "png", KIND_UNKNOWN, KIND_UNKNOWN },
		{ "font/woff2", "/a.d/png", KIND_FONT, KIND_UNKNOWN },
		{ "multipart/form-data; boundary=x", ".png", KIND_UNKNOWN, KIND_IMAGE },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		ck_assert_msg(kind_of_media_type(str_c(rows[i].type)) == rows[i].by_type, "%s", rows[i].type);
		ck_assert_msg(kind_of_name(str_c(rows[i].name)) == rows[i].by_name, "%s", rows[i].name);
	}
}
END_TEST

START_TEST(a_claim_that_does_not_fit_is_a_mismatch)
{
	static const struct {
		const char *type, *name;
		enum kind content;
		bool mismatch;
	} rows[] = {
		{ "image/png", "", KIND_EXECUTABLE, true },
		{ "image/png", "", KIND_IMAGE, false },
		{ "image/png", "", KIND_MARKUP, true },
		{ "image/png", "", KIND_UNKNOWN, false }, /* nothing is known against it */
		{ "image/svg+xml", "", KIND_MARKUP, false },
		{ "image/svg+xml", "a.svg", KIND_IMAGE, true },
		{ "", "a.txt", KIND_ARCHIVE, true },
		{ "", "a.txt", KIND_SCRIPT, false },
		{ "text/plain", "a.txt", KIND_MARKUP, false },
		{ "text/plain", "", KIND_EXECUTABLE, true },
		{ "application/octet-stream", "", KIND_EXECUTABLE, false },
		{ "application/octet-stream", "a.pdf", KIND_EXECUTABLE, true },
		{ "application/pdf", "a.exe", KIND_EXECUTABLE, true }, /* either claim */
		{ "application/pdf", "a.exe", KIND_DOCUMENT, true },
		{ "application/json", "", KIND_TEXT, false },
		{ "application/json", "", KIND_MARKUP, true },
		{ "text/css", "", KIND_MARKUP, true },
		{ "text/javascript", "a.js", KIND_TEXT, false },
		{ "text/html", "", KIND_DATA, false },
		{ "text/html", "", KIND_EXECUTABLE, true },
		{ "application/msword", "a.doc", KIND_DOCUMENT, false },
		{ "application/msword", "a.doc", KIND_EXECUTABLE, true },
		{ "application/zip", "a.zip", KIND_DOCUMENT, true }, /* the type, not the ending */
		{ "", "a.zip", KIND_DOCUMENT, false },
		{ "", "a.jar", KIND_ARCHIVE, false },
		{ "", "a.msi", KIND_DOCUMENT, false },
		{ "", "a.exe", KIND_ARCHIVE, true },
		{ "audio/mp4", "a.m4a", KIND_VIDEO, false },
		{ "video/mp4", "", KIND_ARCHIVE, true },
		{ "", "", KIND_EXECUTABLE, false },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		ck_assert_msg(kind_mismatch(str_c(rows[i].type), str_c(rows[i].name), rows[i].content) ==
				  rows[i].mismatch, "row %zu: %s %s %s", i, rows[i].type, rows[i].name,
		    kind_word(rows[i].content));
}
END_TEST

START_TEST(the_engines_word_counts_where_it_knows_more)
{
	struct str docx = STR("PK\3\4\24\0\0\0\10\0....................word/document.xml");
	struct str sh = STR("#!/bin/sh\n");

	ck_assert_int_eq(kind_of_engine("CL_TYPE_OOXML_WORD"), KIND_DOCUMENT);
	ck_assert_int_eq(kind_of_engine("CL_TYPE_BINARY_DATA"), KIND_UNKNOWN);
	ck_assert_int_eq(kind_of_engine(""), KIND_UNKNOWN);
	ck_assert_int_eq(kind_of_object("CL_TYPE_ZIP", docx), KIND_DOCUMENT);
	ck_assert_int_eq(kind_of_object("CL_TYPE_ZIP", STR_NONE), KIND_ARCHIVE);
	ck_assert_int_eq(kind_of_object("CL_TYPE_TEXT_ASCII", sh), KIND_SCRIPT);
	ck_assert_int_eq(kind_of_object("CL_TYPE_BINARY_DATA", STR("\1\2\3")), KIND_UNKNOWN);
	ck_assert_int_eq(kind_of_object("CL_TYPE_TEXT_ASCII", STR("\1\2\3")), KIND_UNKNOWN);
	ck_assert_int_eq(kind_of_object("CL_TYPE_SCRIPT", STR("x = 1")), KIND_SCRIPT);
	ck_assert_int_eq(kind_of_object("CL_TYPE_MSEXE", docx), KIND_EXECUTABLE);
	ck_assert_int_eq(kind_of_object("CL_TYPE_RIFF", STR("RIFF\0\1\0\0WEBPVP8 ")), KIND_IMAGE);
}
END_TEST

START_TEST(words_and_sets_read_back)
{
	char text[KINDS_TEXT];
	enum kind k;

	for (int i = 0; i < KIND_COUNT; i++) {
		ck_assert(kind_of_word(str_c(kind_word((enum kind)i)), &k));
		ck_assert_int_eq((int)k, i);
	}
	ck_assert(!kind_of_word(STR("film"), &k));
	kinds_text(KIND_BIT(KIND_ARCHIVE) | KIND_BIT(KIND_DISK_IMAGE), text);
	ck_assert_str_eq(text, "archive disk_image");
	ck_assert_int_lt(kinds_text(UINT32_MAX, text), KINDS_TEXT);
	kinds_text(0, text);
	ck_assert_str_eq(text, "");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("kind");
	TCase *t = tcase_create("kind");
	SRunner *r;
	int failed;

	tcase_add_test(t, first_bytes_tell_a_kind);
	tcase_add_test(t, real_files_are_told);
	tcase_add_test(t, media_types_and_names_claim_kinds);
	tcase_add_test(t, a_claim_that_does_not_fit_is_a_mismatch);
	tcase_add_test(t, the_engines_word_counts_where_it_knows_more);
	tcase_add_test(t, words_and_sets_read_back);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}

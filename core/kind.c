/* SPDX-License-Identifier: BSD-2-Clause */
/* Kinds of content from the table, and the few formats that a row of it cannot tell. */
#include "core/kind.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define B(name) KIND_BIT(KIND_##name)
#define BYTES(lit) { (lit), sizeof(lit) - 1 }

static const struct {
	const char *word;
	uint32_t fits;
} kinds[KIND_COUNT] = {
#define KIND(name, fits, doc) { #name, fits },
#include "core/kind.def"
#undef KIND
};

static const struct {
	enum kind kind;
	const char *type;
} engines[] = {
#define ENGINE(name, type) { KIND_##name, type },
#include "core/kind.def"
#undef ENGINE
};

static const struct magic {
	enum kind kind;
	const char *word;
	size_t at;
	struct str bytes;
} magics[] = {
#define MAGIC(name, word, at, bytes) { KIND_##name, word, at, BYTES(bytes) },
#include "core/kind.def"
#undef MAGIC
};

static const struct {
	enum kind kind;
	const char *word;
	struct str text;
} starts[] = {
#define STARTS(name, word, text) { KIND_##name, word, BYTES(text) },
#include "core/kind.def"
#undef STARTS
};

static const struct {
	enum kind kind;
	struct str type;
} media[] = {
#define MEDIA(name, type) { KIND_##name, BYTES(type) },
#include "core/kind.def"
#undef MEDIA
};

static const struct ending {
	enum kind kind;
	uint32_t also;
	struct str text;
} endings[] = {
#define ENDING(name, also, text) { KIND_##name, also, BYTES(text) },
#include "core/kind.def"
#undef ENDING
};

#define ROWS(table) (sizeof(table) / sizeof((table)[0]))

/* ---- bytes ---- */

static bool has(struct str s, size_t at, struct str bytes)
{
	return s.n >= at + bytes.n && memcmp(s.p + at, bytes.p, bytes.n) == 0;
}

static unsigned byte_at(struct str s, size_t at)
{
	return at < s.n ? (unsigned char)s.p[at] : 0;
}

static bool contains(struct str s, struct str part)
{
	for (size_t i = 0; i + part.n <= s.n; i++)
		if (str_ieq(str_sub(s, i, part.n), part))
			return true;
	return false;
}

/* The bytes that the WHATWG's "MIME Sniffing" (section 3, binary data byte) takes for binary. */
static bool is_text(struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		unsigned c = (unsigned char)s.p[i];

		if (c < 0x20 && c != '\t' && c != '\n' && c != '\r' && c != '\f' && c != 0x1b)
			return false;
	}
	return s.n > 0;
}

/* Few letters prove nothing where all else is text, too. */
static bool may_be_words(struct str bytes)
{
	for (size_t i = 0; i < bytes.n; i++)
		if (!isprint((unsigned char)bytes.p[i]))
			return false;
	return bytes.n < 6;
}

static enum kind tell(const char **type, enum kind k, const char *word)
{
	*type = word;
	return k;
}

/* ---- formats that share their first bytes ---- */

/* A package is told by its first member: what its format puts there, or always has. */
static enum kind of_zip(struct str s, const char **type)
{
	static const struct {
		enum kind kind;
		const char *word;
		struct str name;
	} rows[] = {
		{ KIND_EXECUTABLE, "vsix", BYTES("extension.vsixmanifest") },
		{ KIND_DOCUMENT, "ooxml", BYTES("[Content_Types].xml") },
		{ KIND_DOCUMENT, "ooxml", BYTES("_rels/.rels") },
		{ KIND_DOCUMENT, "docx", BYTES("word/") },
		{ KIND_DOCUMENT, "xlsx", BYTES("xl/") },
		{ KIND_DOCUMENT, "pptx", BYTES("ppt/") },
		{ KIND_DOCUMENT, "ooxml", BYTES("docProps/") },
		{ KIND_DOCUMENT, "odf", BYTES("mimetypeapplication/vnd.oasis.opendocument.") },
		{ KIND_DOCUMENT, "epub", BYTES("mimetypeapplication/epub+zip") },
		{ KIND_EXECUTABLE, "jar", BYTES("META-INF/") },
		{ KIND_EXECUTABLE, "apk", BYTES("AndroidManifest.xml") },
		{ KIND_EXECUTABLE, "apk", BYTES("classes.dex") },
		{ KIND_EXECUTABLE, "ipa", BYTES("Payload/") },
	};

	for (size_t i = 0; i < ROWS(rows); i++)
		if (has(s, 30, rows[i].name))
			return tell(type, rows[i].kind, rows[i].word);
	return tell(type, KIND_ARCHIVE, "zip");
}

/* ISO/IEC 14496-12: the brand says what is in it. */
static enum kind of_ftyp(struct str s, const char **type)
{
	static const char images[][5] = { "avif", "avis", "heic", "heix", "heim", "heis", "hevc",
		"hevx", "mif1", "msf1", "jxl " };

	for (size_t i = 0; i < ROWS(images); i++)
		if (has(s, 8, str_of(images[i], 4)))
			return tell(type, KIND_IMAGE, "heif");
	if (has(s, 8, STR("M4A ")) || has(s, 8, STR("M4B ")) || has(s, 8, STR("F4A ")))
		return tell(type, KIND_AUDIO, "mp4");
	return tell(type, KIND_VIDEO, "mp4");
}

static enum kind of_chunks(struct str s, const char **type)
{
	if (has(s, 4, STR("ftyp")))
		return of_ftyp(s, type);
	if (has(s, 4, STR("moov")) || has(s, 4, STR("mdat")))
		return tell(type, KIND_VIDEO, "mov");
	if (has(s, 0, STR("RIFF")) || has(s, 0, STR("RIFX"))) {
		if (has(s, 8, STR("WEBP")))
			return tell(type, KIND_IMAGE, "webp");
		if (has(s, 8, STR("WAVE")))
			return tell(type, KIND_AUDIO, "wav");
		if (has(s, 8, STR("AVI ")))
			return tell(type, KIND_VIDEO, "avi");
		if (has(s, 8, STR("ACON")))
			return tell(type, KIND_IMAGE, "ani");
	}
	if (has(s, 0, STR("FORM")) && (has(s, 8, STR("AIFF")) || has(s, 8, STR("AIFC"))))
		return tell(type, KIND_AUDIO, "aiff");
	return KIND_UNKNOWN;
}

/* Formats told by two bytes or by a relation: with more of what each must have. */
static enum kind of_weak(struct str s, const char **type)
{
	unsigned arj = byte_at(s, 2) | byte_at(s, 3) << 8;

	if (has(s, 0, STR("MZ")) || has(s, 0, STR("ZM")))
		return tell(type, KIND_EXECUTABLE, "pe");
	if (s.n >= 12 && (has(s, 0, STR("FWS")) || has(s, 0, STR("CWS")) || has(s, 0, STR("ZWS"))) &&
	    byte_at(s, 3) < 64)
		return tell(type, KIND_EXECUTABLE, "swf");
	if (s.n >= 26 && has(s, 0, STR("BM")) && has(s, 6, STR("\0\0\0\0")) && byte_at(s, 12) == 0)
		return tell(type, KIND_IMAGE, "bmp");
	if (s.n >= 22 && (has(s, 0, STR("\0\0\1\0")) || has(s, 0, STR("\0\0\2\0"))) &&
	    byte_at(s, 4) > 0 && byte_at(s, 5) == 0 && byte_at(s, 9) == 0)
		return tell(type, KIND_IMAGE, "ico");
	if (has(s, 0, STR("\x60\xea")) && arj >= 30 && arj <= 2600)
		return tell(type, KIND_ARCHIVE, "arj");
	if (has(s, 0, STR("\xc7\x71")) || has(s, 0, STR("\x71\xc7")))
		return tell(type, KIND_ARCHIVE, "cpio");
	if (has(s, 0, STR("G")) && has(s, 188, STR("G")) && has(s, 376, STR("G")))
		return tell(type, KIND_VIDEO, "mpegts");
	if (has(s, 510, STR("\x55\xaa")) && memchr("\xeb\xe9\xfa\x33\x31\0", byte_at(s, 0), 6) != NULL)
		return tell(type, KIND_DISK_IMAGE, "mbr");
	return KIND_UNKNOWN;
}

static enum kind of_magic(struct str s, bool text, const char **type)
{
	enum kind k;

	for (size_t i = 0; i < ROWS(magics); i++) {
		const struct magic *m = &magics[i];

		if (!has(s, m->at, m->bytes) || (text && may_be_words(m->bytes)))
			continue;
		return m->kind == KIND_ARCHIVE && strcmp(m->word, "zip") == 0 ?
			       of_zip(s, type) :
			       tell(type, m->kind, m->word);
	}
	k = text ? KIND_UNKNOWN : of_chunks(s, type);
	return k == KIND_UNKNOWN && !text ? of_weak(s, type) : k;
}

/* ---- text ---- */

/* Text in UTF-16 as its ASCII; anything else of it is a blank letter. */
static struct str narrow(struct str s, size_t from, bool big, char to[KIND_FIRST])
{
	size_t n = 0;

	for (size_t i = from; i + 1 < s.n; i += 2) {
		unsigned high = byte_at(s, big ? i : i + 1), low = byte_at(s, big ? i + 1 : i);

		to[n++] = high == 0 ? (char)low : '~';
	}
	return str_of(to, n);
}

/* Without a mark, XML and HTML are told by their first letter (XML 1.0 appendix F). */
static struct str as_ascii(struct str s, char to[KIND_FIRST])
{
	if (has(s, 0, STR("\xff\xfe")))
		return narrow(s, 2, false, to);
	if (has(s, 0, STR("\xfe\xff")))
		return narrow(s, 2, true, to);
	if (has(s, 0, STR("<\0")) && byte_at(s, 2) != 0 && byte_at(s, 3) == 0)
		return narrow(s, 0, false, to);
	if (has(s, 0, STR("\0<\0")) && byte_at(s, 3) != 0)
		return narrow(s, 0, true, to);
	return has(s, 0, STR("\xef\xbb\xbf")) ? str_sub(s, 3, s.n) : s;
}

static struct str behind_blanks(struct str s)
{
	size_t i = 0;

	while (i < s.n && (isspace((unsigned char)s.p[i]) || s.p[i] == '\0'))
		i++;
	return str_sub(s, i, s.n);
}

static enum kind of_markup(struct str s, const char **type)
{
	unsigned next = byte_at(s, 1);

	if (s.n < 2 || s.p[0] != '<' || (!isalpha((int)next) && strchr("!?/", (int)next) == NULL))
		return KIND_UNKNOWN;
	if (contains(s, STR("progid=\"Word.Document\"")) || contains(s, STR("progid=\"Excel.Sheet\"")))
		return tell(type, KIND_DOCUMENT, "officexml");
	if (contains(s, STR("<svg")) || contains(s, STR(":svg ")) || contains(s, STR("<!doctype svg")))
		return tell(type, KIND_MARKUP, "svg");
	return tell(type, KIND_MARKUP, str_iprefix(s, STR("<?xml")) && !contains(s, STR("<html")) ? "xml" : "html");
}

/* RFC 8259: what begins with { and a name, or with [ and a value. */
static bool is_json(struct str s)
{
	struct str rest = behind_blanks(str_sub(s, 1, s.n));
	int next = rest.n > 0 ? (unsigned char)rest.p[0] : 0;

	if (byte_at(s, 0) == '{')
		return next == '"' || next == '}';
	return byte_at(s, 0) == '[' && next != 0 && strchr("\"[]{-0123456789tfn", next) != NULL;
}

/* A mailbox: "From " with an address in its first line. */
static bool is_mbox(struct str s)
{
	ptrdiff_t end = str_chr(s, '\n');

	return has(s, 0, STR("From ")) && end > 0 && str_chr(str_sub(s, 0, (size_t)end), '@') > 0;
}

static enum kind of_start(struct str s, const char **type)
{
	for (size_t i = 0; i < ROWS(starts); i++)
		if (str_iprefix(s, starts[i].text))
			return tell(type, starts[i].kind, starts[i].word);
	if (is_mbox(s))
		return tell(type, KIND_MAIL, "mbox");
	return of_markup(s, type);
}

/* Readers of PDF take its header anywhere in the first KiB: at the start of a line, here. */
static bool is_late_pdf(struct str s)
{
	for (size_t i = 0; i + 5 < s.n; i++)
		if ((s.p[i] == '\n' || s.p[i] == '\r') && has(s, i + 1, STR("%PDF-")))
			return true;
	return false;
}

static enum kind of_text(struct str first, const char **type)
{
	char store[KIND_FIRST];
	struct str s = behind_blanks(as_ascii(first, store));
	enum kind k = of_start(s, type);

	if (k != KIND_UNKNOWN)
		return k;
	if (is_late_pdf(s))
		return tell(type, KIND_DOCUMENT, "pdf");
	if (!is_text(s))
		return KIND_UNKNOWN;
	return is_json(s) ? tell(type, KIND_DATA, "json") : tell(type, KIND_TEXT, "text");
}

enum kind kind_of_bytes(struct str first, const char **type)
{
	const char *own;
	struct str s = str_sub(first, 0, KIND_FIRST);
	enum kind k;

	type = type != NULL ? type : &own;
	*type = s.n > 0 ? "unknown" : "empty";
	k = s.n > 0 ? of_magic(s, is_text(s), type) : KIND_UNKNOWN;
	return k == KIND_UNKNOWN && s.n > 0 ? of_text(s, type) : k;
}

/* ---- words of others ---- */

enum kind kind_of_engine(const char *type)
{
	type = strncmp(type, "CL_TYPE_", 8) == 0 ? type + 8 : type;
	for (size_t i = 0; i < ROWS(engines); i++)
		if (strcmp(type, engines[i].type) == 0)
			return engines[i].kind;
	return KIND_UNKNOWN;
}

enum kind kind_of_object(const char *engine_type, struct str first)
{
	enum kind told = kind_of_engine(engine_type), seen;

	if (told != KIND_UNKNOWN && told != KIND_TEXT && told != KIND_SCRIPT &&
	    strcmp(engine_type, "CL_TYPE_ZIP") != 0)
		return told;
	seen = kind_of_bytes(first, NULL);
	if (told == KIND_TEXT) /* its word for much that is not */
		return seen;
	return seen == KIND_UNKNOWN || (told == KIND_SCRIPT && seen == KIND_TEXT) ? told : seen;
}

enum kind kind_of_media_type(struct str type)
{
	ptrdiff_t semicolon = str_chr(type, ';');
	struct str t = str_trim(semicolon >= 0 ? str_sub(type, 0, (size_t)semicolon) : type);

	for (size_t i = 0; i < ROWS(media); i++) {
		struct str m = media[i].type;

		if (m.p[m.n - 1] == '*' ? str_iprefix(t, str_sub(m, 0, m.n - 1)) : str_ieq(t, m))
			return media[i].kind;
	}
	if (str_isuffix(t, STR("+xml")))
		return KIND_MARKUP;
	return str_isuffix(t, STR("+json")) ? KIND_DATA : KIND_UNKNOWN;
}

/* The last ending counts; systems drop blanks and dots behind it. */
static const struct ending *ending_of(struct str name)
{
	size_t dot;

	while (name.n > 0 && strchr(" .", name.p[name.n - 1]) != NULL)
		name.n--;
	for (dot = name.n; dot > 0 && name.p[dot - 1] != '.' && name.p[dot - 1] != '/'; dot--)
		;
	if (dot == 0 || name.p[dot - 1] != '.')
		return NULL;
	for (size_t i = 0; i < ROWS(endings); i++)
		if (str_ieq(str_sub(name, dot, name.n), endings[i].text))
			return &endings[i];
	return NULL;
}

enum kind kind_of_name(struct str name)
{
	const struct ending *e = ending_of(name);

	return e != NULL ? e->kind : KIND_UNKNOWN;
}

bool kind_mismatch(struct str media_type, struct str name, enum kind content)
{
	enum kind claim = kind_of_media_type(media_type);
	const struct ending *e = ending_of(name);

	if (content == KIND_UNKNOWN)
		return false;
	if (claim != KIND_UNKNOWN && (kinds[claim].fits & KIND_BIT(content)) == 0)
		return true;
	return e != NULL && ((kinds[e->kind].fits | e->also) & KIND_BIT(content)) == 0;
}

const char *kind_word(enum kind k)
{
	static char store[KIND_COUNT][24];

	if ((unsigned)k >= KIND_COUNT)
		return "unknown";
	for (size_t i = 0; i < 23 && kinds[k].word[i] != '\0'; i++)
		store[k][i] = (char)tolower((unsigned char)kinds[k].word[i]);
	return store[k];
}

bool kind_of_word(struct str word, enum kind *out)
{
	for (int k = 0; k < KIND_COUNT; k++)
		if (str_ieq(word, str_c(kinds[k].word))) {
			*out = (enum kind)k;
			return true;
		}
	return false;
}

int kinds_text(uint32_t set, char to[KINDS_TEXT])
{
	int n = 0;

	to[0] = '\0';
	for (int k = 0; k < KIND_COUNT && n < KINDS_TEXT; k++)
		if ((set & KIND_BIT(k)) != 0)
			n += snprintf(to + n, (size_t)(KINDS_TEXT - n), "%s%s", n > 0 ? " " : "", kind_word((enum kind)k));
	return n;
}

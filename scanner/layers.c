/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Rules on layers. libclamav turns most parser errors into "clean", cuts long ZIP members without
 * a word and passes by what it has no unpacker for. So a container must show its members, and a
 * layer as long as the engine's limit counts as cut.
 */
#include "scanner/layers.h"

#include <ctype.h>
#include <string.h>

#include "scanner/zip.h"

/* A container that shows no member gives this reason, unless it is too small to hold one. */
struct container {
	const char *type;
	size_t small; /* the engine skips members of up to five bytes; their wrapping fits this */
	enum verdict_reason reason;
	const char *why;
};

static const struct container containers[] = {
	/* Debian's libclamav has no RAR unpacker at all. */
	{ "CL_TYPE_RAR", 0, REASON_ERROR, "unsupported.rar" },
	{ "CL_TYPE_GZ", 300, REASON_MALFORMED, "gz.nothing-unpacked" },
	{ "CL_TYPE_BZ", 64, REASON_MALFORMED, "bz2.nothing-unpacked" },
	{ "CL_TYPE_XZ", 96, REASON_MALFORMED, "xz.nothing-unpacked" },
	{ "CL_TYPE_7Z", 32, REASON_MALFORMED, "7z.nothing-unpacked" },
	{ "CL_TYPE_MSCAB", 0, REASON_MALFORMED, "cab.nothing-unpacked" },
	{ "CL_TYPE_ARJ", 0, REASON_MALFORMED, "arj.nothing-unpacked" },
	/* Two blocks of nothing but folders are common, and plain bytes are searched anyway. */
	{ "CL_TYPE_POSIX_TAR", 20480, REASON_MALFORMED, "tar.nothing-unpacked" },
	{ "CL_TYPE_OLD_TAR", 20480, REASON_MALFORMED, "tar.nothing-unpacked" },
	{ "CL_TYPE_CPIO_OLD", 0, REASON_MALFORMED, "cpio.nothing-unpacked" },
	{ "CL_TYPE_CPIO_ODC", 0, REASON_MALFORMED, "cpio.nothing-unpacked" },
	{ "CL_TYPE_CPIO_NEWC", 0, REASON_MALFORMED, "cpio.nothing-unpacked" },
	{ "CL_TYPE_CPIO_CRC", 0, REASON_MALFORMED, "cpio.nothing-unpacked" },
	{ "CL_TYPE_ISO9660", 0, REASON_MALFORMED, "iso.nothing-unpacked" },
	{ "CL_TYPE_UDF", 0, REASON_MALFORMED, "udf.nothing-unpacked" },
	{ "CL_TYPE_XAR", 0, REASON_MALFORMED, "xar.nothing-unpacked" },
	{ "CL_TYPE_DMG", 0, REASON_MALFORMED, "dmg.nothing-unpacked" },
	{ "CL_TYPE_EGG", 0, REASON_MALFORMED, "egg.nothing-unpacked" },
	{ "CL_TYPE_ALZ", 0, REASON_MALFORMED, "alz.nothing-unpacked" },
	{ "CL_TYPE_LHA_LZH", 0, REASON_MALFORMED, "lzh.nothing-unpacked" },
	{ "CL_TYPE_MSCHM", 0, REASON_MALFORMED, "chm.nothing-unpacked" },
	{ "CL_TYPE_NULSFT", 0, REASON_MALFORMED, "nsis.nothing-unpacked" },
	/* Documents and programs that are containers: header, table and folder alone are 1536 bytes. */
	{ "CL_TYPE_MSOLE2", 1536, REASON_MALFORMED, "ole2.nothing-unpacked" },
	{ "CL_TYPE_PDF", 64, REASON_MALFORMED, "pdf.nothing-unpacked" },
	{ "CL_TYPE_SWF", 64, REASON_MALFORMED, "swf.nothing-unpacked" },
	{ "CL_TYPE_AUTOIT", 64, REASON_MALFORMED, "autoit.nothing-unpacked" },
};

/* Compressed forms for which the engine has neither a type nor an unpacker. */
static const struct {
	size_t at, n;
	const char *magic, *why;
} unsupported[] = {
	{ 0, 4, "\x28\xb5\x2f\xfd", "unsupported.zstd" },
	{ 0, 4, "\x04\x22\x4d\x18", "unsupported.lz4" },
	{ 0, 5, "LZIP\1", "unsupported.lzip" },
	{ 0, 2, "\x1f\x9d", "unsupported.compress" },
	{ 7, 7, "**ACE**", "unsupported.ace" },
	{ 0, 4, "ISc(", "unsupported.installshield" },
};

static const struct {
	const char *type, *word;
} words[] = {
	{ "TEXT_ASCII", "text" },
	{ "TEXT_UTF8", "text" },
	{ "TEXT_UTF16LE", "text" },
	{ "TEXT_UTF16BE", "text" },
	{ "SCRIPT", "script" },
	{ "HTML_UTF16", "html" },
	{ "MSEXE", "pe" },
	{ "MACHO_UNIBIN", "macho" },
	{ "POSIX_TAR", "tar" },
	{ "OLD_TAR", "tar" },
	{ "CPIO_OLD", "cpio" },
	{ "CPIO_ODC", "cpio" },
	{ "CPIO_NEWC", "cpio" },
	{ "CPIO_CRC", "cpio" },
	{ "BZ", "bz2" },
	{ "MSOLE2", "ole2" },
	{ "MSCAB", "cab" },
	{ "MSCHM", "chm" },
	{ "OOXML_WORD", "docx" },
	{ "OOXML_PPT", "pptx" },
	{ "OOXML_XL", "xlsx" },
	{ "OOXML_HWP", "hwpx" },
	{ "ISO9660", "iso" },
	{ "PYTHON_COMPILED", "pyc" },
	{ "LHA_LZH", "lzh" },
	{ "NULSFT", "nsis" },
	{ "BINARY_DATA", "unknown" },
	{ "ANY", "unknown" },
	{ "IGNORED", "unknown" },
	{ "PART_ANY", "unknown" },
	{ "ERROR", "unknown" },
};

void layers_word(const char *type, char *to, size_t cap)
{
	const char *rest = strncmp(type, "CL_TYPE_", 8) == 0 ? type + 8 : "ANY";
	size_t n;

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(rest, words[i].type) == 0)
			rest = words[i].word;
	for (n = 0; n + 1 < cap && rest[n] > 0x20 && rest[n] < 0x7f; n++)
		to[n] = (char)tolower((unsigned char)rest[n]);
	to[n] = '\0';
}

static void gap(struct layers *l, enum verdict_reason reason, const char *why)
{
	if (l->reason != REASON_NONE)
		return;
	l->reason = reason;
	l->why = why;
}

void layers_start(struct layers *l, struct dense *d)
{
	*l = (struct layers){ .most = d->most, .dense = d, .type = "unknown", .why = "" };
}

static void judge(struct layers *l, const struct layer *y)
{
	if (y->rendered)
		return;
	if (y->kind != NULL && y->children == 0 && y->members == 0)
		gap(l, y->kind->reason, y->kind->why);
	if (y->children < y->want)
		gap(l, REASON_MALFORMED, "zip.member-not-unpacked");
}

/* A new layer at a level ends all that were open at that level and below. */
static void close_to(struct layers *l, unsigned level)
{
	while (l->depth > level)
		judge(l, &l->open[--l->depth]);
}

static void look_zip(struct layers *l, struct layer *y, struct str bytes)
{
	switch (zip_look(bytes, &y->want)) {
	case ZIP_GOOD:
		break;
	case ZIP_NO_END:
		gap(l, REASON_MALFORMED, "zip.no-end");
		break;
	case ZIP_DIRECTORY:
		gap(l, REASON_MALFORMED, "zip.directory");
		break;
	case ZIP_METHOD:
		gap(l, REASON_ERROR, "unsupported.zip-method");
		break;
	case ZIP_64:
		gap(l, REASON_ERROR, "unsupported.zip64");
		break;
	}
}

/* Before the engine unpacks it; the first bomb is enough. */
static void look_dense(struct layers *l, const char *type, struct str bytes)
{
	bool gzip = strcmp(type, "CL_TYPE_GZ") == 0;
	bool zip = strcmp(type, "CL_TYPE_ZIP") == 0 || strncmp(type, "CL_TYPE_OOXML", 13) == 0;

	if ((gzip && dense_deflate(l->dense, bytes, true)) || (zip && zip_dense(bytes, l->dense))) {
		gap(l, REASON_LIMIT, "ratio");
		l->stop = true;
	}
}

static unsigned byte_at(struct str s, size_t at)
{
	return at < s.n ? (unsigned char)s.p[at] : 0;
}

/* Bytes from..to are digits of a base; false where there are not as many. */
static bool digits(struct str s, size_t from, size_t to, unsigned base)
{
	for (size_t i = from; i < to; i++) {
		unsigned c = byte_at(s, i);
		bool decimal = c >= '0' && c < '0' + (base < 10 ? base : 10);

		if (!decimal && (base != 16 || !isxdigit((int)c)))
			return false;
	}
	return true;
}

/* cpio(5): the first header has digits, or, in binary, the length of a name that ends in a zero. */
static bool is_cpio(const char *type, struct str s)
{
	size_t little = byte_at(s, 20) | byte_at(s, 21) << 8, big = byte_at(s, 21) | byte_at(s, 20) << 8;
	size_t name = byte_at(s, 0) == 0xc7 ? little : big;

	if (strcmp(type, "CL_TYPE_CPIO_ODC") == 0)
		return digits(s, 0, 76, 8);
	if (strcmp(type, "CL_TYPE_CPIO_OLD") != 0)
		return digits(s, 0, 110, 16);
	return name > 0 && 26 + name <= s.n && byte_at(s, 26 + name - 1) == 0;
}

/*
 * Nothing has to come out of it. The engine tells some by two bytes, which random ones have every
 * 65536th time: more of what each must begin with, without which no unpacker anywhere takes it. And
 * not every film and document has anything packed in it.
 */
static bool holds_nothing(const char *type, struct str bytes)
{
	unsigned header = byte_at(bytes, 2) | byte_at(bytes, 3) << 8;

	if (strcmp(type, "CL_TYPE_PDF") == 0)
		return memmem(bytes.p, bytes.n, "FlateDecode", 11) == NULL;
	if (strcmp(type, "CL_TYPE_SWF") == 0)
		return byte_at(bytes, 0) == 'F';
	if (strncmp(type, "CL_TYPE_CPIO", 12) == 0)
		return !is_cpio(type, bytes);
	if (strcmp(type, "CL_TYPE_GZ") == 0) /* RFC 1952: deflate, no reserved flag */
		return byte_at(bytes, 2) != 8 || (byte_at(bytes, 3) & 0xe0) != 0;
	if (strcmp(type, "CL_TYPE_ARJ") == 0) /* header of 30 to 2600 bytes, of the archive itself */
		return header < 30 || header > 2600 || byte_at(bytes, 10) != 2;
	return false;
}

static const struct container *container_of(const char *type, struct str bytes)
{
	for (size_t i = 0; i < sizeof(containers) / sizeof(containers[0]); i++)
		if (strcmp(type, containers[i].type) == 0)
			return bytes.n > containers[i].small && !holds_nothing(type, bytes) ?
				       &containers[i] :
				       NULL;
	return NULL;
}

static void look_unsupported(struct layers *l, struct str bytes)
{
	for (size_t i = 0; i < sizeof(unsupported) / sizeof(unsupported[0]); i++)
		if (bytes.n >= unsupported[i].at + unsupported[i].n &&
		    memcmp(bytes.p + unsupported[i].at, unsupported[i].magic, unsupported[i].n) ==
			0)
			gap(l, REASON_ERROR, unsupported[i].why);
}

/*
 * The engine's reader of mail, through which it also sends data: URLs of pages and whatever looks
 * like mail, changes and cuts binary parts. scanner/unwrap.c takes out the same parts byte for
 * byte: what is malformed here says nothing.
 */
static bool is_rendering(const char *type)
{
	return strcmp(type, "CL_TYPE_MAIL") == 0 || strcmp(type, "CL_TYPE_MHTML") == 0;
}

/* The bytes of this layer are what its receiver gets. */
static bool is_exact(const struct layer *outer, const char *type)
{
	return !outer->rendered && !(outer->page && is_rendering(type));
}

bool layers_open(struct layers *l, unsigned level, const char *type, struct str bytes)
{
	struct layer *y;
	bool exact;

	l->count++;
	l->bytes += bytes.n;
	if (level == 0 && l->count == 1)
		layers_word(type, l->type, sizeof(l->type));
	if (bytes.p == NULL)
		gap(l, REASON_ERROR, "layer-unreadable");
	if (bytes.n > l->most)
		gap(l, REASON_LIMIT, "layer-size");
	close_to(l, level);
	if (level >= LAYERS_DEEPEST) {
		gap(l, REASON_LIMIT, "layer-depth");
		return true;
	}
	if (l->depth > 0)
		l->open[l->depth - 1].children++;
	while (l->depth < level) /* the engine skipped a level: an empty place */
		l->open[l->depth++] = (struct layer){ 0 };
	y = &l->open[l->depth++];
	*y = (struct layer){ .kind = container_of(type, bytes) };
	exact = l->depth == 1 || is_exact(&l->open[l->depth - 2], type);
	y->rendered = is_rendering(type) || !exact;
	y->page = strncmp(type, "CL_TYPE_HTML", 12) == 0;
	y->zip = strcmp(type, "CL_TYPE_ZIP") == 0 || strncmp(type, "CL_TYPE_OOXML", 13) == 0;
	if (!y->rendered && y->zip)
		look_zip(l, y, bytes);
	y->holds_zip = !y->zip && zip_ends_in(bytes);
	look_dense(l, type, bytes);
	look_unsupported(l, bytes); /* whatever its type: few random bytes pass for text */
	return exact;
}

/*
 * Within any file the engine takes "PK\3\4" for the beginning of a member: programs that deal in ZIPs
 * have it in them. A member is one where a ZIP is: the last layer, or one that has it behind a program.
 */
static bool is_noise(const struct layers *l, const char *type)
{
	const struct layer *y = l->depth > 0 ? &l->open[l->depth - 1] : NULL;

	if (l->guess || (y != NULL && y->rendered))
		return true;
	if (y == NULL || y->zip || strcmp(type, "CL_TYPE_ZIP") != 0)
		return false;
	for (unsigned i = 0; i < l->depth; i++)
		if (l->open[i].holds_zip)
			return false;
	return true;
}

void layers_member(struct layers *l, const char *type, uint64_t size)
{
	if (size > l->most && !is_noise(l, type))
		gap(l, REASON_LIMIT, "member-size");
	for (unsigned i = l->depth; i-- > 0;)
		if (l->open[i].kind != NULL && strcmp(l->open[i].kind->type, type) == 0) {
			l->open[i].members++;
			return;
		}
}

void layers_end(struct layers *l)
{
	close_to(l, 0);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The block page: one template for browsers, self-contained and without scripts or links, and
 * plain text for everybody else.
 */
#include "gateway/page.h"

#include <string.h>

#include "core/err.h"
#include "gateway/page_text.h"

enum { TEXT_MAX = 2048, URL_MAX = 512, ROWS = 9 };

static const char html_head[] =
    "<!doctype html>\n"
    "<html lang=\"en\">\n"
    "<head>\n"
    "<meta charset=\"utf-8\">\n"
    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
    "<meta name=\"color-scheme\" content=\"light dark\">\n"
    "<meta name=\"robots\" content=\"noindex\">\n"
    "<meta name=\"referrer\" content=\"no-referrer\">\n"
    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
    "style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'\">\n";

static const char html_style[] =
    "<style>\n"
    ":root{--bg:#f3f4f6;--card:#fff;--ink:#1b2330;--soft:#5b6676;--line:#e2e6ec;--warn:#b3261e;"
    "--tint:#fbeceb}\n"
    "@media(prefers-color-scheme:dark){:root{--bg:#11151b;--card:#1a2029;--ink:#e8ecf2;"
    "--soft:#9aa6b6;--line:#2c3542;--warn:#ff8a80;--tint:#3a2021}}\n"
    "*{box-sizing:border-box}\n"
    "body{margin:0;min-height:100vh;display:flex;align-items:center;justify-content:center;"
    "padding:1.25rem;background:var(--bg);color:var(--ink);"
    "font:16px/1.55 system-ui,-apple-system,\"Segoe UI\",Roboto,\"Noto Sans\",sans-serif}\n"
    "main{width:100%;max-width:40rem;background:var(--card);border:1px solid var(--line);"
    "border-radius:14px;overflow:hidden;box-shadow:0 10px 30px rgba(0,0,0,.08)}\n"
    "header{display:flex;gap:1rem;align-items:center;padding:1.5rem 1.5rem 0}\n"
    "svg{flex:none;width:3rem;height:3rem;padding:.6rem;border-radius:50%;"
    "background:var(--tint);color:var(--warn)}\n"
    "h1{margin:0;font-size:1.45rem;line-height:1.25;overflow-wrap:anywhere}\n"
    ".why{margin:1.1rem 1.5rem 1.4rem;font-size:1.08rem;overflow-wrap:anywhere}\n"
    "dl{margin:0 1.5rem;padding:.4rem 0;border-top:1px solid var(--line)}\n"
    "dl div{display:flex;gap:1rem;padding:.4rem 0}\n"
    "dt{flex:0 0 7rem;color:var(--soft)}\n"
    "dd{margin:0;min-width:0;overflow-wrap:anywhere}\n"
    "footer{margin-top:1rem;padding:1rem 1.5rem;border-top:1px solid var(--line);"
    "color:var(--soft);font-size:.92rem;overflow-wrap:anywhere}\n"
    "footer p{margin:0}footer p+p{margin-top:.35rem}\n"
    "@media(max-width:30rem){body{padding:.75rem;align-items:flex-start}"
    "dl div{display:block}dt{font-size:.88rem}}\n"
    "@media print{body{background:none}main{box-shadow:none}}\n"
    ".calm{--warn:#1f5fbf;--tint:#e8f0fc}\n"
    "@media(prefers-color-scheme:dark){.calm{--warn:#8ab8ff;--tint:#1b2a42}}\n"
    ".go{margin:0 1.5rem 1.2rem}.go a{display:inline-block;padding:.6rem 1.1rem;border-radius:8px;"
    "background:var(--warn);color:var(--card);text-decoration:none;font-weight:600}\n"
    "</style>\n"
    "</head>\n"
    "<body>\n"
    "<main role=\"main\"";

static const char html_sign[] =
    ">\n"
    "<header>\n"
    "<svg viewBox=\"0 0 24 24\" fill=\"none\" stroke=\"currentColor\" stroke-width=\"2\" "
    "stroke-linecap=\"round\" stroke-linejoin=\"round\" aria-hidden=\"true\">"
    "<path d=\"M12 2.8l7.5 2.9v5.6c0 4.6-3.1 8.2-7.5 9.9-4.4-1.7-7.5-5.3-7.5-9.9V5.7z\"/>"
    "<path d=\"";

/* A cross, or the hands of a clock. */
static const char sign_refused[] = "M9.3 9.3l5.4 5.4M14.7 9.3l-5.4 5.4", sign_calm[] = "M12 7.5v5l3 2";

static const char help[] =
    "If you think that this is a mistake, give your administrator the incident number.";

struct row {
	const char *label;
	struct str value;
	size_t max;
};

static struct str or_else(struct str s, struct str other)
{
	return s.n > 0 ? s : other;
}

static struct str title_of(const struct page *p)
{
	return or_else(p->title, STR("Access blocked"));
}

static struct str why_of(const struct page *p)
{
	return or_else(p->reason, STR("The security gateway of this network refused it."));
}

static struct str gateway_of(const struct page *p)
{
	return or_else(p->gateway, STR("sallyport"));
}

static void rows_of(const struct page *p, struct row rows[ROWS])
{
	const struct row all[ROWS] = {
		{ "File", p->file, TEXT_MAX },
		{ p->link.n > 0 ? "Size" : "So far", p->progress, TEXT_MAX },
		{ p->calm ? "Site" : "Address", or_else(p->url, p->host), URL_MAX },
		{ "Site", p->url.n > 0 ? p->host : STR_NONE, TEXT_MAX },
		{ "Verdict", p->verdict, TEXT_MAX },
		{ "Found", p->name, TEXT_MAX },
		{ "Rule", p->rule, TEXT_MAX },
		{ "Time", p->time, TEXT_MAX },
		{ "Incident", p->incident, TEXT_MAX },
	};

	memcpy(rows, all, sizeof(all));
}

static int put_row(struct buf *b, const struct row *row, bool html)
{
	int r = buf_printf(b, html ? "<div><dt>%s</dt><dd><bdi>" : "%-10s", row->label);

	if (r == 0)
		r = page_text(b, row->value, row->max, html);
	return r != 0 ? r : buf_str(b, html ? STR("</bdi></dd></div>\n") : STR("\n"));
}

static int put_rows(struct buf *b, const struct page *p, bool html)
{
	struct row rows[ROWS];
	int r = 0;

	rows_of(p, rows);
	for (size_t i = 0; i < ROWS && r == 0; i++)
		if (rows[i].value.n > 0)
			r = put_row(b, &rows[i], html);
	return r;
}

/* A literal when the text is not NULL, otherwise a peer's text. */
struct piece {
	const char *literal;
	struct str text;
};

static int put_pieces(struct buf *b, const struct piece *p, size_t n, bool html)
{
	int r = 0;

	for (size_t i = 0; i < n && r == 0; i++)
		r = p[i].literal != NULL ? buf_str(b, str_c(p[i].literal)) :
					   page_text(b, p[i].text, TEXT_MAX, html);
	return r;
}

#define PUT(b, html, ...)                                                                          \
	put_pieces(b, (const struct piece[]){ __VA_ARGS__ },                                       \
	    sizeof((const struct piece[]){ __VA_ARGS__ }) / sizeof(struct piece), html)

/* The page's own way on; both are paths that we made. */
static int put_refresh(struct buf *b, const struct page *p)
{
	if (p->next.n == 0)
		return 0;
	return buf_printf(b, "<meta http-equiv=\"refresh\" content=\"%u;url=%.*s\">\n", p->seconds, STR_FMT(p->next));
}

static int put_link(struct buf *b, const struct page *p)
{
	if (p->link.n == 0)
		return 0;
	return buf_printf(b, "<p class=\"go\"><a href=\"%.*s\">%s</a></p>\n", STR_FMT(p->link), p->link_text);
}

static int write_html(struct buf *b, const struct page *p)
{
	bool told = p->incident.n > 0;
	int r = PUT(b, true, { html_head });

	if (r == 0)
		r = put_refresh(b, p);
	if (r == 0)
		r = PUT(b, true, { "<title>" }, { NULL, title_of(p) }, { "</title>\n" }, { html_style },
		    { p->calm ? " class=\"calm\"" : "" }, { html_sign }, { p->calm ? sign_calm : sign_refused },
		    { "\"/></svg>\n<h1>" }, { NULL, title_of(p) }, { "</h1>\n</header>\n<p class=\"why\">" },
		    { NULL, why_of(p) }, { "</p>\n" });
	if (r == 0)
		r = put_link(b, p);
	if (r == 0)
		r = PUT(b, true, { "<dl>\n" });
	if (r == 0)
		r = put_rows(b, p, true);
	if (r != 0)
		return r;
	return PUT(b, true, { "</dl>\n<footer>\n" }, { told ? "<p>" : "" }, { told ? help : "" },
	    { told ? "</p>\n" : "" }, { "<p>Sent by " }, { NULL, gateway_of(p) },
	    { ", the security gateway of this network.</p>\n</footer>\n</main>\n</body>\n</html>\n" });
}

static int write_plain(struct buf *b, const struct page *p)
{
	bool told = p->incident.n > 0;
	int r = PUT(b, false, { NULL, title_of(p) }, { "\n\n" }, { NULL, why_of(p) }, { "\n\n" });

	if (r == 0)
		r = put_rows(b, p, false);
	if (r != 0)
		return r;
	return PUT(b, false, { told ? "\n" : "" }, { told ? help : "" }, { "\nSent by " },
	    { NULL, gateway_of(p) }, { ", the security gateway of this network.\n" });
}

int page_write(struct buf *body, bool html, const struct page *p)
{
	size_t start = body->len;
	int r = html ? write_html(body, p) : write_plain(body, p);

	if (r != 0)
		body->len = start;
	return r;
}

const char *page_type(bool html)
{
	return html ? "text/html; charset=utf-8" : "text/plain; charset=utf-8";
}

/* "q=0", "q=0.0" and so on refuse a type (RFC 9110 section 12.4.2). */
static bool quality_zero(struct str parameters)
{
	struct str one;

	while (str_next(&parameters, ';', &one)) {
		bool zero = str_iprefix(one, STR("q=0"));

		for (size_t i = 3; i < one.n && zero; i++)
			zero = one.p[i] == '.' || one.p[i] == '0';
		if (zero)
			return true;
	}
	return false;
}

static bool accepts_html(struct str accept)
{
	struct str range;

	while (str_next(&accept, ',', &range)) {
		ptrdiff_t semicolon = str_chr(range, ';');
		size_t n = semicolon >= 0 ? (size_t)semicolon : range.n;
		struct str type = str_trim(str_sub(range, 0, n));

		if (str_ieq(type, STR("text/html")) || str_ieq(type, STR("application/xhtml+xml")))
			return !quality_zero(str_sub(range, n, range.n));
	}
	return false;
}

bool page_wants_html(const struct head *request)
{
	static const struct str frames[] = { STR("document"), STR("iframe"), STR("frame"),
		STR("embed"), STR("object") };
	struct str v;

	if (head_get(request, "sec-fetch-dest", &v)) {
		for (size_t i = 0; i < sizeof(frames) / sizeof(frames[0]); i++)
			if (str_ieq(v, frames[i]))
				return true;
		return false;
	}
	for (size_t i = 0; i < request->nfields; i++) /* a list may be spread over fields */
		if (str_ieq(request->fields[i].name, STR("accept")) &&
		    accepts_html(request->fields[i].value))
			return true;
	return false;
}

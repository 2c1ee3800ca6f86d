/* SPDX-License-Identifier: BSD-2-Clause */
/* Import, rotation, revocation. Each step leaves files from which the same command can go on. */
#include "control/ca_cycle.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "certs/export.h"
#include "control/ca_files.h"
#include "control/ca_secrets.h"
#include "control/exit.h"
#include "control/files.h"
#include "core/err.h"

enum { PATH_SIZE = 4096 + 96, WARNING = 160, LINE_SIZE = 1024, LEAST_PASSPHRASE = 8, HEX_LEAST = 8 };

struct paths {
	const char *cert, *key;			      /* in force */
	char next_cert[PATH_SIZE], next_key[PATH_SIZE];
	char old_key[PATH_SIZE]; /* a second name of the key while another takes its place */
	char folder[PATH_SIZE], revoked[PATH_SIZE]; /* retired ones; the list */
};

static struct paths paths_of(const struct config *c)
{
	struct paths p = { .cert = config_tls(c)->ca_cert, .key = config_tls(c)->ca_key };

	snprintf(p.next_cert, sizeof(p.next_cert), "%s.next", p.cert);
	snprintf(p.next_key, sizeof(p.next_key), "%s.next", p.key);
	snprintf(p.old_key, sizeof(p.old_key), "%s.old", p.key);
	snprintf(p.folder, sizeof(p.folder), "%s/ca/retired", config_state_dir(c));
	snprintf(p.revoked, sizeof(p.revoked), "%s/ca/revoked", config_state_dir(c));
	return p;
}

static bool there(const char *path)
{
	return access(path, F_OK) == 0;
}

static int say(int code, const char *what, const char *why)
{
	fprintf(stderr, "sallyport ca: %s%s%s\n", what, why[0] != '\0' ? ": " : "", why);
	return code;
}

/* ---- passphrases ---- */

/* One line of standard input, without echo where it is a terminal. */
static int ask(struct buf *out)
{
	bool terminal = isatty(STDIN_FILENO) == 1;
	struct termios was, quiet;
	char line[LINE_SIZE];
	int r = -1;

	if (terminal && tcgetattr(STDIN_FILENO, &was) == 0) {
		quiet = was;
		quiet.c_lflag &= ~(tcflag_t)ECHO;
		fputs("passphrase for the CA key: ", stderr);
		tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet);
	}
	if (fgets(line, sizeof(line), stdin) != NULL)
		r = buf_str(out, ca_first_line(str_c(line)));
	if (terminal) {
		tcsetattr(STDIN_FILENO, TCSAFLUSH, &was);
		fputs("\n", stderr);
	}
	explicit_bzero(line, sizeof(line));
	return r;
}

int ca_passphrase(const struct config *c, const struct args *a, struct buf *out)
{
	char why[CA_WHY_MAX];
	int fd = a->passphrase_file != NULL
		     ? ca_secret_open_path(CA_SECRET_PASSPHRASE, a->passphrase_file, why)
		     : ca_secret_open(c, CA_SECRET_PASSPHRASE, why);
	int r;

	buf_init(out, CA_SECRET_MAX);
	if (fd == -ERR_NOT_FOUND)
		r = ask(out);
	else if (fd < 0)
		return say(EXIT_FILE, why, "");
	else
		r = ca_secret_read(fd, "CA passphrase", out, why);
	if (fd >= 0)
		close(fd);
	if (r != 0 || ca_first_line(buf_view(out)).n < LEAST_PASSPHRASE)
		return say(EXIT_USAGE, "a passphrase of at least 8 bytes is needed", "");
	return EXIT_OK;
}

/* ---- making ---- */

int ca_cycle_make(const struct config *c, const struct args *a, const char *cert, const char *key)
{
	char name[65], host[40] = "";
	struct ca_plan plan = { .common_name = a->name != NULL ? a->name : name,
		.now = (int64_t)time(NULL),
		.permit = a->permit,
		.permit_n = a->permit_n,
		.exclude = a->exclude,
		.exclude_n = a->exclude_n };
	struct buf pass = { 0 };
	int code = a->encrypt ? ca_passphrase(c, a, &pass) : EXIT_OK;

	gethostname(host, sizeof(host) - 1);
	snprintf(name, sizeof(name), "Sallyport CA%s%s", host[0] != '\0' ? " on " : "", host);
	plan.passphrase = ca_first_line(buf_view(&pass));
	if (code == EXIT_OK)
		code = ca_files_make(&plan, cert, key);
	buf_wipe(&pass);
	return code;
}

/* ---- ends ---- */

/* Overwritten in place, then removed. On copying file systems and flash the bytes may survive. */
static void destroy(const char *path)
{
	static const char zeros[4096];
	struct stat st;
	int fd = open(path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);

	if (fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode)) {
		for (off_t at = 0; at < st.st_size; at += (off_t)sizeof(zeros))
			if (pwrite(fd, zeros, sizeof(zeros), at) < 0)
				break;
		fsync(fd);
	}
	if (fd >= 0)
		close(fd);
	unlink(path);
}

int ca_cycle_retire(const struct config *c)
{
	struct paths p = paths_of(c);
	char hex[CA_FINGERPRINT_HEX], to[PATH_SIZE + CA_FINGERPRINT_HEX + 8];
	struct buf pem;
	int code = EXIT_OK;

	if (there(p.key) && link(p.key, p.old_key) != 0 && errno != EEXIST)
		return say(EXIT_FILE, p.old_key, strerror(errno));
	if (!there(p.cert))
		return EXIT_OK;
	if ((code = ca_files_read_cert(p.cert, &pem)) == EXIT_OK &&
	    ca_cert_fingerprint(buf_view(&pem), hex)) {
		snprintf(to, sizeof(to), "%s/%s.pem", p.folder, hex);
		if (file_mkdirs(p.folder, 0755) != 0 || file_write(to, 0644, buf_view(&pem)) != 0)
			code = say(EXIT_FILE, to, strerror(errno));
	}
	buf_free(&pem);
	return code;
}

void ca_cycle_wipe(const struct config *c)
{
	destroy(paths_of(c).old_key);
}

/* ---- import ---- */

static int copy_pair(const struct args *a, const struct paths *p)
{
	struct buf cert, key;
	int code;

	buf_init(&key, CA_SECRET_MAX);
	code = ca_files_read_cert(a->cert, &cert);
	if (code == EXIT_OK && file_read(a->key, &key) != 0)
		code = say(EXIT_FILE, a->key, strerror(errno));
	if (code == EXIT_OK)
		code = ca_files_write(p->cert, p->key, buf_view(&cert), buf_view(&key));
	buf_free(&cert);
	buf_wipe(&key);
	return code;
}

int ca_cycle_import(const struct config *c, const struct args *a)
{
	struct paths p = paths_of(c);
	char warning[WARNING];
	int code;

	if (a->cert == NULL || a->key == NULL)
		return say(EXIT_USAGE, "import needs --cert FILE and --key FILE", "");
	if (ca_files_there(c) != 0 && !a->force)
		return say(EXIT_OTHER, p.cert, "a CA is there already; fix: --force to replace it");
	if ((code = ca_files_check_pair(c, a->cert, a->key, a->passphrase_file, warning,
		 sizeof(warning))) != EXIT_OK ||
	    (code = ca_cycle_retire(c)) != EXIT_OK || (code = copy_pair(a, &p)) != EXIT_OK)
		return code;
	ca_cycle_wipe(c);
	printf("imported into %s and %s; fix: sallyport reload\n", p.cert, p.key);
	if (warning[0] != '\0')
		printf("warning: %s\n", warning);
	return EXIT_OK;
}

/* ---- rotate ---- */

static int prepare(const struct config *c, const struct args *a, const struct paths *p)
{
	int code;

	if (there(p->next_cert) && !a->force)
		return say(EXIT_OTHER, p->next_cert,
		    "the next CA is prepared already; fix: rotate --activate, or --force to replace it");
	if ((code = ca_cycle_make(c, a, p->next_cert, p->next_key)) != EXIT_OK)
		return code;
	printf("next CA: %s\n"
	       "  1. give it to all clients: sallyport ca export (it writes the current and the next)\n"
	       "  2. when they have it: sallyport ca rotate --activate, then sallyport reload\n"
	       "  3. later, take the old one from the clients\n",
	    p->next_cert);
	return EXIT_OK;
}

static int move(const char *from, const char *to)
{
	return rename(from, to) == 0 ? EXIT_OK : say(EXIT_FILE, from, strerror(errno));
}

/*
 * The key first. Interrupted between the two, the old certificate stands beside the new key: that
 * pair is refused, and the same command goes on from there.
 */
static int activate(const struct config *c, const struct args *a, const struct paths *p)
{
	const char *key = there(p->next_key) ? p->next_key : p->key;
	char warning[WARNING];
	int code;

	if (!there(p->next_cert))
		return say(EXIT_OTHER, "no next CA is prepared; fix: sallyport ca rotate", "");
	if ((code = ca_files_check_pair(c, p->next_cert, key, a->passphrase_file, warning,
		 sizeof(warning))) != EXIT_OK ||
	    (code = ca_cycle_retire(c)) != EXIT_OK)
		return code;
	if ((key == p->next_key && (code = move(p->next_key, p->key)) != EXIT_OK) ||
	    (code = move(p->next_cert, p->cert)) != EXIT_OK)
		return code;
	ca_cycle_wipe(c);
	printf("the next CA has taken over; the key of the old one is destroyed; now: sallyport reload\n");
	return EXIT_OK;
}

int ca_cycle_rotate(const struct config *c, const struct args *a)
{
	struct paths p = paths_of(c);

	return a->activate ? activate(c, a, &p) : prepare(c, a, &p);
}

/* ---- revoke ---- */

static bool matches(const char *path, const char *prefix, char hex[CA_FINGERPRINT_HEX])
{
	struct buf pem;
	bool ok;

	if (!there(path))
		return false;
	ok = ca_files_read_cert(path, &pem) == EXIT_OK && ca_cert_fingerprint(buf_view(&pem), hex) &&
	     strncasecmp(hex, prefix, strlen(prefix)) == 0;
	buf_free(&pem);
	return ok;
}

static int note_revoked(const struct paths *p, const char *hex)
{
	struct buf list;
	time_t now = time(NULL);
	char date[32] = "";
	struct tm tm;
	int code = EXIT_OK;

	buf_init(&list, 1 << 20);
	if (gmtime_r(&now, &tm) != NULL)
		strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%SZ", &tm);
	if (there(p->revoked) && file_read(p->revoked, &list) != 0)
		code = say(EXIT_FILE, p->revoked, strerror(errno));
	if (code == EXIT_OK && (buf_printf(&list, "%s %s\n", hex, date) != 0 ||
				   file_mkdirs_for(p->revoked, 0755) != 0 ||
				   file_write(p->revoked, 0644, buf_view(&list)) != 0))
		code = say(EXIT_FILE, p->revoked, strerror(errno));
	buf_free(&list);
	return code;
}

/* A retired one by the beginning of its file's name. */
static bool find_retired(const struct paths *p, const char *prefix, char hex[CA_FINGERPRINT_HEX])
{
	DIR *d = opendir(p->folder);
	struct dirent *e;
	bool found = false;

	while (d != NULL && !found && (e = readdir(d)) != NULL)
		if (strncasecmp(e->d_name, prefix, strlen(prefix)) == 0 &&
		    strlen(e->d_name) >= CA_FINGERPRINT_HEX - 1) {
			snprintf(hex, CA_FINGERPRINT_HEX, "%.64s", e->d_name);
			found = true;
		}
	if (d != NULL)
		closedir(d);
	return found;
}

int ca_cycle_revoke(const struct config *c, const struct args *a)
{
	struct paths p = paths_of(c);
	char hex[CA_FINGERPRINT_HEX] = "";
	const char *f = a->fingerprint;
	bool current, next;
	int code;

	if (f == NULL || strlen(f) < HEX_LEAST)
		return say(EXIT_USAGE, "revoke needs --fingerprint, at least 8 digits of it; see: ca list", "");
	current = matches(p.cert, f, hex);
	next = !current && matches(p.next_cert, f, hex);
	if (!current && !next && !find_retired(&p, f, hex))
		return say(EXIT_OTHER, f, "no CA here has this fingerprint; see: sallyport ca list");
	if (current && !a->force)
		return say(EXIT_OTHER, "this CA is in force: without another the gateway will not start; "
				       "fix: ca rotate first, or --force", "");
	if ((current && (code = ca_cycle_retire(c)) != EXIT_OK) || (code = note_revoked(&p, hex)) != EXIT_OK)
		return code;
	if (current) {
		unlink(p.key);
		ca_cycle_wipe(c);
	}
	if (next) {
		destroy(p.next_key);
		unlink(p.next_cert);
	}
	printf("revoked: %s\nIts key is destroyed here. Clients still trust it until it is taken from them: "
	       "remove it from\ntheir stores (on Debian: rm /usr/local/share/ca-certificates/NAME.crt; "
	       "update-ca-certificates --fresh).\n%s",
	    hex, current ? "Now: sallyport ca create --force, then sallyport reload\n" : "");
	return EXIT_OK;
}

/* ---- list ---- */

static bool revoked(const struct paths *p, const char *hex)
{
	struct str rest, line;
	struct buf list;
	bool found = false;

	buf_init(&list, 1 << 20);
	if (there(p->revoked) && file_read(p->revoked, &list) == 0) {
		rest = buf_view(&list);
		while (!found && str_next(&rest, '\n', &line))
			found = str_iprefix(line, str_c(hex));
	}
	buf_free(&list);
	return found;
}

static void list_one(const struct paths *p, const char *path, const char *state)
{
	char hex[CA_FINGERPRINT_HEX], soon[WARNING];
	struct buf pem;
	int64_t end;

	if (!there(path))
		return;
	if (ca_files_read_cert(path, &pem) == EXIT_OK && ca_cert_fingerprint(buf_view(&pem), hex) &&
	    ca_cert_end(buf_view(&pem), &end)) {
		printf("%-8s %s  %lld days left  %s\n", revoked(p, hex) ? "revoked" : state, hex,
		    (long long)((end - time(NULL)) / 86400), path);
		if (state[0] == 'c' && ca_ends_soon(end, time(NULL), soon, sizeof(soon)))
			printf("warning: %s\n", soon);
	}
	buf_free(&pem);
}

int ca_cycle_list(const struct config *c)
{
	struct paths p = paths_of(c);
	char path[PATH_SIZE + 300];
	struct dirent *e;
	DIR *d;

	list_one(&p, p.cert, "current");
	list_one(&p, p.next_cert, "next");
	if ((d = opendir(p.folder)) == NULL)
		return EXIT_OK;
	while ((e = readdir(d)) != NULL) {
		snprintf(path, sizeof(path), "%s/%s", p.folder, e->d_name);
		if (e->d_name[0] != '.')
			list_one(&p, path, "retired");
	}
	closedir(d);
	return EXIT_OK;
}

/* ---- anchors ---- */

static int add_anchor(const char *path, struct buf *out)
{
	struct buf pem;
	int code = ca_files_read_cert(path, &pem);

	if (code == EXIT_OK && ca_anchor(buf_view(&pem), out) != 0)
		code = say(EXIT_FILE, path, "it holds no certificate");
	buf_free(&pem);
	return code;
}

int ca_cycle_anchors(const struct config *c, const char *which, struct buf *out)
{
	struct paths p = paths_of(c);
	bool all = which == NULL || strcmp(which, "all") == 0;
	int code = EXIT_OK;

	if (!all && strcmp(which, "current") != 0 && strcmp(which, "next") != 0)
		return say(EXIT_USAGE, which, "--which takes current, next or all");
	if (all || which[0] == 'c')
		code = add_anchor(p.cert, out);
	if (code == EXIT_OK && (all ? there(p.next_cert) : which[0] == 'n'))
		code = add_anchor(p.next_cert, out);
	return code;
}

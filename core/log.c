/* SPDX-License-Identifier: BSD-2-Clause */
/* Log lines to standard error: one write per line, so that lines of several roles do not mix. */
#include "core/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

static const char *role = "sallyport";
static enum log_level most = LOG_LEVEL_INFO;

void log_role(const char *name)
{
	role = name;
}

void log_level(enum log_level max)
{
	most = max;
}

static void log_line(enum log_level level, const char *fmt, va_list ap)
{
	static const char *const words[] = { "error", "warning", "info", "debug" };
	char line[2048];
	int n, m;

	if (level > most)
		return;
	n = snprintf(line, sizeof(line) - 1, "%s %s: ", words[level], role);
	m = vsnprintf(line + n, sizeof(line) - 1 - (size_t)n, fmt, ap);
	if (m < 0)
		return;
	n += m;
	if ((size_t)n > sizeof(line) - 2)
		n = (int)sizeof(line) - 2;
	for (int i = 0; i < n; i++) /* a peer's bytes must not forge lines or steer terminals */
		if ((unsigned char)line[i] < 0x20 || line[i] == 0x7f)
			line[i] = '?';
	line[n++] = '\n';
	if (write(STDERR_FILENO, line, (size_t)n) < 0)
		return;
}

#define LOG_FN(fn, level) \
	void fn(const char *fmt, ...) \
	{ \
		va_list ap; \
		va_start(ap, fmt); \
		log_line(level, fmt, ap); \
		va_end(ap); \
	}

LOG_FN(log_error, LOG_LEVEL_ERROR)
LOG_FN(log_warn, LOG_LEVEL_WARN)
LOG_FN(log_info, LOG_LEVEL_INFO)
LOG_FN(log_debug, LOG_LEVEL_DEBUG)

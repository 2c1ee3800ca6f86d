/* SPDX-License-Identifier: BSD-2-Clause */
/* The client certificates that a configuration names, looked at before the gateway gets them. */
#ifndef CONTROL_CLIENT_FILES_H
#define CONTROL_CLIENT_FILES_H

#include "policy/config.h"

/* An exit code, after one line on standard error for the first that cannot be used. */
int client_files_check(const struct config *c);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* Exit codes of the program; scripts and service managers may rely on the numbers. */
#ifndef CONTROL_EXIT_H
#define CONTROL_EXIT_H

enum exit_code {
	EXIT_OK = 0,
	EXIT_OTHER = 1,	      /* any other failure */
	EXIT_USAGE = 2,	      /* wrong option or argument */
	EXIT_CONFIG = 3,      /* the configuration is wrong */
	EXIT_CAPABILITY = 4,  /* a capability is missing, or not root */
	EXIT_PORT = 5,	      /* a listening port is in use */
	EXIT_KERNEL = 6,      /* the kernel or the network tools lack a feature */
	EXIT_FILE = 7,	      /* a file cannot be read or written */
	EXIT_NETWORK = 8,     /* network rules failed */
	EXIT_NOT_RUNNING = 9  /* no gateway runs here */
};

#endif

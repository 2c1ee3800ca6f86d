/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The zygote's isolation: namespaces, root directory, user. Run as root it keeps one capability,
 * to read the signature folder, until the signatures are loaded.
 */
#include "scanner/jail.h"

#include <cap-ng.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "core/err.h"
#include "core/log.h"
#include "scanner/jail_calls.h"

/* The tmpfs is mounted here, in a mount namespace of our own: any folder of every system does. */
#define MOUNT_POINT "/tmp"
#define SIGNATURES_INSIDE "/signatures"
#define PLAIN_PLACE "/tmp"
#define PLAIN_NAME "sallyport-scan."

enum {
	SPARE_FILES = 512,
	SCRATCH_INODES = 65536,
	CLEAR_DEPTH = 64,
	CLEAR_STEPS = 200000,
	STALE_AGE = 60
};

static int no(const char *step)
{
	log_warn("isolation: no %s: %s", step, strerror(errno));
	return -ERR_SYSTEM;
}

/* A dead job's folder is hostile: no links are followed, depth and work are bounded. */
static bool clear_at(int dir, const char *name, unsigned depth, unsigned *steps)
{
	int fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *d = fd >= 0 && depth < CLEAR_DEPTH ? fdopendir(fd) : NULL;
	struct dirent *e;

	if (d == NULL) {
		if (fd >= 0)
			close(fd);
		return false;
	}
	while ((e = readdir(d)) != NULL && ++*steps < CLEAR_STEPS)
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0 &&
		    unlinkat(fd, e->d_name, 0) != 0)
			clear_at(fd, e->d_name, depth + 1, steps);
	closedir(d);
	return unlinkat(dir, name, AT_REMOVEDIR) == 0;
}

/* ---- a root of our own ---- */

static int mount_scratch(const struct limits *limits, uid_t uid, gid_t gid)
{
	char options[160];

	snprintf(options, sizeof(options), "size=%llu,nr_inodes=%d,mode=0700,uid=%u,gid=%u",
	    (unsigned long long)limits->scan_scratch, SCRATCH_INODES, uid, gid);
	return mount("tmpfs", MOUNT_POINT, "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, options);
}

/* By descriptor: the mount before may have hidden its path. None is no failure. */
static int mount_signatures(int fd)
{
	unsigned long flags = MS_BIND | MS_REMOUNT | MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC;
	char from[64];

	if (fd < 0)
		return 0;
	snprintf(from, sizeof(from), "/proc/self/fd/%d", fd);
	if (mkdir(MOUNT_POINT SIGNATURES_INSIDE, 0755) != 0 ||
	    mount(from, MOUNT_POINT SIGNATURES_INSIDE, NULL, MS_BIND, NULL) != 0 ||
	    mount(NULL, MOUNT_POINT SIGNATURES_INSIDE, NULL, flags, NULL) != 0)
		return -ERR_SYSTEM;
	return 0;
}

/* The old tree is left behind for good; where that cannot be (an initramfs), it is hidden. */
static int change_root(void)
{
	if (chdir(MOUNT_POINT) != 0)
		return -ERR_SYSTEM;
	if (syscall(SYS_pivot_root, ".", ".") == 0)
		return umount2(".", MNT_DETACH) == 0 && chdir("/") == 0 ? 0 : -ERR_SYSTEM;
	return chroot(".") == 0 && chdir("/") == 0 ? 0 : -ERR_SYSTEM;
}

/* Mount and enter the new root; where it fails half-way, the old root is as it was. */
static int enter_root(int signatures_fd, const struct limits *limits, uid_t uid, gid_t gid)
{
	int r;

	if (mount_scratch(limits, uid, gid) != 0)
		return no("tmpfs");
	r = mount_signatures(signatures_fd);
	if (r != 0)
		no("signature folder in the new root");
	else if ((r = change_root()) != 0)
		no("new root directory");
	if (r != 0)
		umount2(MOUNT_POINT, MNT_DETACH);
	return r;
}

static int own_root(
    struct jail *j, const char *signatures, const struct limits *limits, uid_t uid, gid_t gid)
{
	int fd, r;

	if (unshare(CLONE_NEWNS | CLONE_NEWIPC | CLONE_NEWUTS) != 0 ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0)
		return no("mount namespace");
	/* Not before: mounts of another namespace cannot be bound. */
	fd = open(signatures, O_PATH | O_DIRECTORY | O_CLOEXEC);
	r = enter_root(fd, limits, uid, gid);
	if (r == 0) {
		j->flags |= SANDBOX_ROOT;
		snprintf(j->scratch, sizeof(j->scratch), "/");
		snprintf(
		    j->signatures, sizeof(j->signatures), "%s", fd >= 0 ? SIGNATURES_INSIDE : "");
	}
	if (fd >= 0)
		close(fd);
	return r;
}

/* ---- without the right to mount ---- */

/*
 * Remove what scanners that were killed left behind: ours, not new, and not locked by a live one.
 */
static void clear_stale(uid_t uid)
{
	DIR *d = opendir(PLAIN_PLACE);
	struct dirent *e;

	while (d != NULL && (e = readdir(d)) != NULL) {
		struct stat st;
		unsigned steps = 0;
		int fd;

		if (strncmp(e->d_name, PLAIN_NAME, strlen(PLAIN_NAME)) != 0)
			continue;
		fd = openat(dirfd(d), e->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (fd >= 0 && fstat(fd, &st) == 0 && st.st_uid == uid &&
		    time(NULL) - st.st_mtime > STALE_AGE && flock(fd, LOCK_EX | LOCK_NB) == 0)
			clear_at(dirfd(d), e->d_name, 0, &steps);
		if (fd >= 0)
			close(fd);
	}
	if (d != NULL)
		closedir(d);
}

/* A folder in the system's tree. Landlock guards the rest of it. */
static int plain_folder(struct jail *j, const char *signatures, uid_t uid, gid_t gid)
{
	clear_stale(geteuid() == 0 ? uid : geteuid());
	snprintf(j->scratch, sizeof(j->scratch), PLAIN_PLACE "/" PLAIN_NAME "XXXXXX");
	if (mkdtemp(j->scratch) == NULL) {
		log_error("no scratch folder %s: %s", j->scratch, strerror(errno));
		return -ERR_SYSTEM;
	}
	if (geteuid() == 0 && chown(j->scratch, uid, gid) != 0)
		return no("owner of the scratch folder");
	snprintf(j->signatures, sizeof(j->signatures), "%s", signatures);
	return 0;
}

/* ---- user ---- */

/* The one capability that stays for now: signature folders are not always open to everybody. */
static int drop_user(uid_t uid, gid_t gid)
{
	bool reads = capng_have_capability(CAPNG_PERMITTED, CAP_DAC_READ_SEARCH);

	if (geteuid() != 0)
		return 0;
	capng_clear(CAPNG_SELECT_BOTH);
	if (reads)
		capng_update(CAPNG_ADD, CAPNG_EFFECTIVE | CAPNG_PERMITTED, CAP_DAC_READ_SEARCH);
	if (capng_change_id((int)uid, (int)gid, CAPNG_DROP_SUPP_GRP | CAPNG_CLEAR_BOUNDING) != 0 &&
	    capng_change_id((int)uid, (int)gid, CAPNG_DROP_SUPP_GRP) != 0)
		return no("unprivileged user");
	return 0;
}

static void raise_files(const struct limits *limits)
{
	rlim_t want = (rlim_t)limits->scan_queue_length + SPARE_FILES;
	struct rlimit r;

	if (getrlimit(RLIMIT_NOFILE, &r) != 0)
		return;
	r.rlim_cur = want;
	if (r.rlim_max < want)
		r.rlim_max = want;
	if (setrlimit(RLIMIT_NOFILE, &r) != 0)
		log_warn("only %llu descriptors for waiting scans", (unsigned long long)r.rlim_max);
}

int jail_enter(struct jail *j, const char *signatures, const struct limits *limits)
{
	uid_t uid;
	gid_t gid;
	int r;

	*j = (struct jail){ .null_fd = open("/dev/null", O_RDWR | O_CLOEXEC),
		.statm_fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC),
		.root_fd = -1,
		.zygote = getpid() };
	capng_get_caps_process();
	sandbox_user(&uid, &gid);
	raise_files(limits);
	if (unshare(CLONE_NEWNET) == 0)
		j->flags |= SANDBOX_NETNS;
	else
		no("network namespace");
	r = own_root(j, signatures, limits, uid, gid);
	if (r != 0)
		r = plain_folder(j, signatures, uid, gid);
	if (r == 0)
		r = drop_user(uid, gid);
	if (r == 0)
		r = sandbox_common(); /* after the user: changing it resets these */
	if (r == 0)
		j->root_fd = open(j->scratch, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (r == 0 &&
	    (j->root_fd < 0 || j->null_fd < 0 || flock(j->root_fd, LOCK_EX | LOCK_NB) != 0))
		r = no("scratch folder");
	return r;
}

int jail_close(struct jail *j)
{
	uid_t real, effective, saved;
	int r;

	capng_clear(CAPNG_SELECT_BOTH);
	if (capng_apply(CAPNG_SELECT_CAPS) == 0)
		j->flags |= SANDBOX_CAPS;
	else
		no("drop of capabilities");
	if (getresuid(&real, &effective, &saved) == 0 && real != 0 && effective != 0 && saved != 0)
		j->flags |= SANDBOX_UID;
	r = sandbox_landlock(j->scratch);
	if (r == 0)
		j->flags |= SANDBOX_LANDLOCK;
	else
		no("Landlock");
	if (jail_calls_zygote() == 0)
		j->flags |= SANDBOX_SECCOMP;
	else
		no("system-call filter");
	r = SANDBOX_CAPS | SANDBOX_UID | SANDBOX_SECCOMP;
	return (j->flags & r) == r ? 0 : -ERR_UNSUPPORTED;
}

int jail_job_folder(const struct jail *j, unsigned n, char path[JAIL_PATH])
{
	char name[16];
	size_t len = strlen(j->scratch);

	snprintf(name, sizeof(name), "job-%u", n);
	snprintf(path, JAIL_PATH, "%s%s%s", j->scratch, len > 1 ? "/" : "", name);
	return mkdirat(j->root_fd, name, 0700) == 0 ? 0 : -ERR_FILE;
}

void jail_job_clear(const struct jail *j, unsigned n)
{
	unsigned steps = 0;
	char name[16];

	snprintf(name, sizeof(name), "job-%u", n);
	if (!clear_at(j->root_fd, name, 0, &steps))
		log_warn("what job %u left in the scratch folder could not be removed", n);
}

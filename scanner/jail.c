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
#include "scanner/scratch.h"

/* The tmpfs is mounted here, in a mount namespace of our own: any folder of every system does. */
#define MOUNT_POINT "/tmp"
#define SIGNATURES_INSIDE "/signatures"
#define JOB_NAME "job-%u"
#define OOM_SCORE "500"
#define OWN_INSIDE "/own"
#define PLAIN_NAME "sallyport-scan."

enum {
	SPARE_FILES = 512,
	SPARE_INODES = 1024,
	INODES_PER_FILE = 2, /* a file that is searched, and the folder that it is in */
	STALE_AGE = 60
};

static int no(const char *step)
{
	log_warn("isolation: no %s: %s", step, strerror(errno));
	return -ERR_SYSTEM;
}

/* ---- a root of our own ---- */

/* A tmpfs, kept out of swap where the kernel (6.4) can. */
static int mount_scratch(const char *at, const struct limits *limits, uid_t uid, gid_t gid)
{
	unsigned long flags = MS_NOSUID | MS_NODEV | MS_NOEXEC;
	uint64_t inodes = limits->scan_files * INODES_PER_FILE + SPARE_INODES;
	char options[160];

	snprintf(options, sizeof(options), "size=%llu,nr_inodes=%llu,mode=0700,uid=%u,gid=%u,noswap",
	    (unsigned long long)limits->scan_scratch, (unsigned long long)inodes, uid, gid);
	if (mount("tmpfs", at, "tmpfs", flags, options) == 0)
		return 0;
	*strrchr(options, ',') = '\0';
	return mount("tmpfs", at, "tmpfs", flags, options);
}

/* One for each job: what a job fills up is its own. */
static int mount_jobs(unsigned jobs, const struct limits *limits, uid_t uid, gid_t gid)
{
	char path[JAIL_PATH];

	for (unsigned i = 0; i < jobs; i++) {
		snprintf(path, sizeof(path), MOUNT_POINT "/" JOB_NAME, i);
		if (mkdir(path, 0700) != 0 || mount_scratch(path, limits, uid, gid) != 0)
			return -ERR_SYSTEM;
	}
	return 0;
}

/* By descriptor: the mount before may have hidden its path. None is no failure. */
static int mount_signatures(int fd, const char *at)
{
	unsigned long flags = MS_BIND | MS_REMOUNT | MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC;
	char from[64];

	if (fd < 0)
		return 0;
	snprintf(from, sizeof(from), "/proc/self/fd/%d", fd);
	if (mkdir(at, 0755) != 0 || mount(from, at, NULL, MS_BIND, NULL) != 0 ||
	    mount(NULL, at, NULL, flags, NULL) != 0)
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
static int enter_root(
    int signatures_fd, int own_fd, unsigned jobs, const struct limits *limits, uid_t uid, gid_t gid)
{
	int r;

	if (mount_scratch(MOUNT_POINT, limits, uid, gid) != 0)
		return no("tmpfs");
	r = mount_signatures(signatures_fd, MOUNT_POINT SIGNATURES_INSIDE);
	if (r == 0)
		r = mount_signatures(own_fd, MOUNT_POINT OWN_INSIDE);
	if (r != 0)
		no("signature folder in the new root");
	else if ((r = mount_jobs(jobs, limits, uid, gid)) != 0)
		no("tmpfs for each job");
	else if ((r = change_root()) != 0)
		no("new root directory");
	if (r != 0)
		umount2(MOUNT_POINT, MNT_DETACH);
	return r;
}

static int open_folder(const char *path)
{
	return path[0] != '\0' ? open(path, O_PATH | O_DIRECTORY | O_CLOEXEC) : -1;
}

static int own_root(struct jail *j, const char *signatures, const char *own, unsigned jobs,
    const struct limits *limits, uid_t uid, gid_t gid)
{
	int fd, own_fd, r;

	if (unshare(CLONE_NEWNS | CLONE_NEWIPC | CLONE_NEWUTS) != 0 ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0)
		return no("mount namespace");
	/* Not before: mounts of another namespace cannot be bound. */
	fd = open_folder(signatures);
	own_fd = open_folder(own);
	r = enter_root(fd, own_fd, jobs, limits, uid, gid);
	if (r == 0) {
		j->flags |= SANDBOX_ROOT;
		snprintf(j->scratch, sizeof(j->scratch), "/");
		snprintf(
		    j->signatures, sizeof(j->signatures), "%s", fd >= 0 ? SIGNATURES_INSIDE : "");
		snprintf(j->own, sizeof(j->own), "%s", own_fd >= 0 ? OWN_INSIDE : "");
	}
	if (own_fd >= 0)
		close(own_fd);
	if (fd >= 0)
		close(fd);
	return r;
}

/* ---- without the right to mount ---- */

/*
 * Remove what scanners that were killed left behind: ours, not new, and not locked by a live one.
 */
static void clear_stale(const char *place, uid_t uid)
{
	DIR *d = opendir(place);
	struct dirent *e;

	while (d != NULL && (e = readdir(d)) != NULL) {
		struct stat st;
		int fd;

		if (strncmp(e->d_name, PLAIN_NAME, strlen(PLAIN_NAME)) != 0)
			continue;
		fd = openat(dirfd(d), e->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (fd >= 0 && fstat(fd, &st) == 0 && st.st_uid == uid &&
		    time(NULL) - st.st_mtime > STALE_AGE && flock(fd, LOCK_EX | LOCK_NB) == 0)
			scratch_remove(dirfd(d), e->d_name);
		if (fd >= 0)
			close(fd);
	}
	if (d != NULL)
		closedir(d);
}

/* A folder in the system's tree. Landlock guards the rest of it. */
static int plain_folder(struct jail *j, const char *signatures, const char *own, uid_t uid, gid_t gid)
{
	bool in_memory;
	const char *place = scratch_place(&in_memory);

	if (!in_memory)
		log_warn("isolation: no scratch space in memory: parts of bodies may be written to "
			 "the disk below %s", place);
	clear_stale(place, geteuid() == 0 ? uid : geteuid());
	snprintf(j->scratch, sizeof(j->scratch), "%s/" PLAIN_NAME "XXXXXX", place);
	if (mkdtemp(j->scratch) == NULL) {
		log_error("no scratch folder %s: %s", j->scratch, strerror(errno));
		return -ERR_SYSTEM;
	}
	if (geteuid() == 0 && chown(j->scratch, uid, gid) != 0)
		return no("owner of the scratch folder");
	snprintf(j->signatures, sizeof(j->signatures), "%s", signatures);
	snprintf(j->own, sizeof(j->own), "%s", own);
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

/* When memory is short the kernel shall take this process and its jobs, not who asks them. */
static void offer_to_oom(void)
{
	int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, OOM_SCORE, strlen(OOM_SCORE)) < 0)
		no("precedence when memory is short");
	if (fd >= 0)
		close(fd);
}

int jail_enter(
    struct jail *j, const char *signatures, const char *own, unsigned jobs, const struct limits *limits)
{
	uid_t uid;
	gid_t gid;
	int r;

	*j = (struct jail){ .null_fd = open("/dev/null", O_RDWR | O_CLOEXEC),
		.statm_fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC),
		.root_fd = -1,
		.proc_fd = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC),
		.zygote = getpid() };
	offer_to_oom();
	capng_get_caps_process();
	sandbox_user(&uid, &gid);
	raise_files(limits);
	if (unshare(CLONE_NEWNET) == 0)
		j->flags |= SANDBOX_NETNS;
	else
		no("network namespace");
	r = own_root(j, signatures, own, jobs, limits, uid, gid);
	if (r != 0)
		r = plain_folder(j, signatures, own, uid, gid);
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
	r = sandbox_landlock(j->scratch, j->proc_fd);
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

/* A mount of its own has one name for all its jobs; else each job has a new folder. */
void jail_place(const struct jail *j, unsigned slot, unsigned name, struct jail_place *p)
{
	bool root = (j->flags & SANDBOX_ROOT) != 0;

	snprintf(p->before, sizeof(p->before), "%s", p->name);
	snprintf(p->name, sizeof(p->name), JOB_NAME, root ? slot : name);
	snprintf(p->path, sizeof(p->path), "%s%s%s", j->scratch, root ? "" : "/", p->name);
}

int jail_place_make(const struct jail *j, const struct jail_place *p)
{
	int fd, r;

	if ((j->flags & SANDBOX_ROOT) == 0) {
		if (p->before[0] != '\0')
			scratch_remove(j->root_fd, p->before);
		return mkdirat(j->root_fd, p->name, 0700) == 0 ? 0 : -ERR_FILE;
	}
	fd = openat(j->root_fd, p->name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -ERR_FILE;
	r = scratch_clear(fd);
	close(fd);
	return r;
}

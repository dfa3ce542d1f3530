/* SPDX-License-Identifier: Apache-2.0 */
/* writelog.c - a library to preload that writes down what a program does to the files of one
 * folder.
 *
 * WRITELOG_ROOT is the folder, WRITELOG_FILE the log; power_prefixes.py reads it. One record is one
 * call that succeeded: what was created, written (with the bytes), cut to length, synced, renamed
 * or removed. Data is told by inode, names by path, for these two reach a disk each at its own
 * time. A lock makes the order of the records the order of the calls. Writes through a map are not
 * seen, nor those that the C library makes by itself (dprintf): the reader of the log finds out by
 * comparing what it rebuilt with what there is.
 */
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum { CREATE = 1, MKDIR, UNLINK, RENAME, WRITE, CUT, SYNC, SYNC_DIR };
enum { PATH_ROOM = 2 * PATH_MAX };

struct head {
	uint32_t op, flags; /* flags: 1 = the write was durable when it came back */
	uint64_t inode, offset;
	uint32_t path, other, data; /* lengths of what follows */
	uint32_t magic;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/* ---- what is ours ---- */

static bool ours(const char *path)
{
	const char *root = getenv("WRITELOG_ROOT");
	size_t n = root ? strlen(root) : 0;
	return n && strncmp(path, root, n) == 0 && (path[n] == '/' || path[n] == '\0');
}

static bool path_of_fd(int fd, char *to)
{
	char name[64];
	snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	ssize_t n = readlink(name, to, PATH_ROOM - 1);
	to[n > 0 ? n : 0] = '\0';
	return n > 0;
}

static void path_at(int folder, const char *name, char *to)
{
	char base[PATH_ROOM] = "";
	if (name[0] != '/' && folder != AT_FDCWD)
		path_of_fd(folder, base);
	else if (name[0] != '/' && !getcwd(base, sizeof(base)))
		base[0] = '\0';
	if (name[0] == '/' || snprintf(to, PATH_ROOM, "%s/%s", base, name) >= PATH_ROOM)
		snprintf(to, PATH_ROOM, "%s", name);
}

/* ---- the log ---- */

static void put(
	struct head head, const char *path, const char *other, const struct iovec *data, int n_data)
{
	static const uint32_t magic = 0x676f6c77;
	struct iovec parts[3] = { { &head, sizeof(head) } };
	int n = 1;
	union {
		const char *in;
		void *out;
	} text[2] = { { path }, { other } };
	for (int i = 0; i < 2; i++)
		if (text[i].in)
			parts[n++] = (struct iovec){ text[i].out, strlen(text[i].in) };
	head.magic = magic;
	head.path = path ? (uint32_t)strlen(path) : 0;
	head.other = other ? (uint32_t)strlen(other) : 0;
	for (int i = 0; i < n_data; i++)
		head.data += (uint32_t)data[i].iov_len;
	long fd = syscall(SYS_openat, AT_FDCWD, getenv("WRITELOG_FILE"),
		O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	bool good = fd >= 0 && syscall(SYS_writev, fd, parts, n) > 0;
	for (int i = 0; good && i < n_data; i++)
		good = syscall(SYS_write, fd, data[i].iov_base, data[i].iov_len) ==
		       (long)data[i].iov_len;
	if (fd >= 0)
		syscall(SYS_close, fd);
	if (!good)
		abort();
}

/* `done` bytes of the parts were written at `offset`. */
static void put_write(int fd, const struct iovec *parts, int n, size_t done, int64_t offset)
{
	struct iovec all[1024];
	struct stat st;
	int used = 0;
	for (; used < n && used < 1024 && done; used++) {
		all[used] = parts[used];
		if (all[used].iov_len > done)
			all[used].iov_len = done;
		done -= all[used].iov_len;
	}
	if (done || fstat(fd, &st))
		abort();
	int flags = fcntl(fd, F_GETFL);
	put((struct head){ .op = WRITE,
		    .flags = (flags & O_DSYNC) != 0,
		    .inode = st.st_ino,
		    .offset = (uint64_t)offset },
		NULL, NULL, all, used);
}

static bool logged_fd(int fd, char *path)
{
	return path_of_fd(fd, path) && ours(path);
}

static void put_fd(uint32_t op, int fd, const char *path, uint64_t size)
{
	struct stat st;
	if (fstat(fd, &st))
		abort();
	if (op == SYNC && S_ISDIR(st.st_mode))
		op = SYNC_DIR;
	put((struct head){ .op = op, .inode = st.st_ino, .offset = size }, path, NULL, NULL, 0);
}

/* ---- the calls ---- */

static int opened(int folder, const char *name, int flags, mode_t mode)
{
	char path[PATH_ROOM];
	struct stat st;
	bool makes = (flags & (O_CREAT | O_TRUNC)) && (flags & O_TMPFILE) != O_TMPFILE;
	if (makes)
		path_at(folder, name, path);
	if (!makes || !ours(path))
		return (int)syscall(SYS_openat, folder, name, flags, mode);
	pthread_mutex_lock(&lock);
	bool was_there = fstatat(AT_FDCWD, path, &st, AT_SYMLINK_NOFOLLOW) == 0;
	int fd = (int)syscall(SYS_openat, folder, name, flags, mode);
	if (fd >= 0 && !was_there)
		put_fd(CREATE, fd, path, 0);
	else if (fd >= 0 && (flags & O_TRUNC))
		put_fd(CUT, fd, NULL, 0);
	pthread_mutex_unlock(&lock);
	return fd;
}

static mode_t mode_of(int flags, va_list args)
{
	return flags & (O_CREAT | O_TMPFILE) ? va_arg(args, mode_t) : 0;
}

#define OPEN(name)                                                                                 \
	int name(const char *path, int flags, ...)                                                 \
	{                                                                                          \
		va_list args;                                                                      \
		va_start(args, flags);                                                             \
		mode_t mode = mode_of(flags, args);                                                \
		va_end(args);                                                                      \
		return opened(AT_FDCWD, path, flags, mode);                                        \
	}
#define OPENAT(name)                                                                               \
	int name(int folder, const char *path, int flags, ...)                                     \
	{                                                                                          \
		va_list args;                                                                      \
		va_start(args, flags);                                                             \
		mode_t mode = mode_of(flags, args);                                                \
		va_end(args);                                                                      \
		return opened(folder, path, flags, mode);                                          \
	}
OPEN(open)
OPEN(open64)
OPENAT(openat)
OPENAT(openat64)

/* Writes at the descriptor's own place: where that was, only the system knows afterwards. */
static ssize_t written(int fd, const struct iovec *parts, int n)
{
	char path[PATH_ROOM];
	if (!logged_fd(fd, path))
		return syscall(SYS_writev, fd, parts, n);
	pthread_mutex_lock(&lock);
	ssize_t done = syscall(SYS_writev, fd, parts, n);
	if (done > 0)
		put_write(fd, parts, n, (size_t)done, lseek(fd, 0, SEEK_CUR) - done);
	pthread_mutex_unlock(&lock);
	return done;
}

static ssize_t written_at(int fd, const struct iovec *parts, int n, int64_t offset)
{
	char path[PATH_ROOM];
	if (!logged_fd(fd, path))
		return syscall(SYS_pwritev, fd, parts, n, offset, 0);
	pthread_mutex_lock(&lock);
	ssize_t done = syscall(SYS_pwritev, fd, parts, n, offset, 0);
	if (done > 0)
		put_write(fd, parts, n, (size_t)done, offset);
	pthread_mutex_unlock(&lock);
	return done;
}

static struct iovec part_of(const void *bytes, size_t n)
{
	union {
		const void *in;
		void *out;
	} p = { bytes };
	return (struct iovec){ p.out, n };
}

ssize_t write(int fd, const void *bytes, size_t n)
{
	char path[PATH_ROOM];
	struct iovec part = part_of(bytes, n);
	/* what is not ours goes its plain way: a sandbox may know write and no writev */
	return logged_fd(fd, path) ? written(fd, &part, 1) : syscall(SYS_write, fd, bytes, n);
}

ssize_t writev(int fd, const struct iovec *parts, int n)
{
	return written(fd, parts, n);
}

ssize_t pwrite64(int fd, const void *bytes, size_t n, off64_t offset)
{
	char path[PATH_ROOM];
	struct iovec part = part_of(bytes, n);
	return logged_fd(fd, path) ? written_at(fd, &part, 1, offset)
				   : syscall(SYS_pwrite64, fd, bytes, n, offset);
}

ssize_t pwrite(int fd, const void *bytes, size_t n, off_t offset)
{
	return pwrite64(fd, bytes, n, offset);
}

ssize_t pwritev64(int fd, const struct iovec *parts, int n, off64_t offset)
{
	return written_at(fd, parts, n, offset);
}

ssize_t pwritev(int fd, const struct iovec *parts, int n, off_t offset)
{
	return written_at(fd, parts, n, offset);
}

int ftruncate64(int fd, off64_t size)
{
	char path[PATH_ROOM];
	if (!logged_fd(fd, path))
		return (int)syscall(SYS_ftruncate, fd, size);
	pthread_mutex_lock(&lock);
	int rc = (int)syscall(SYS_ftruncate, fd, size);
	if (rc == 0)
		put_fd(CUT, fd, NULL, (uint64_t)size);
	pthread_mutex_unlock(&lock);
	return rc;
}

int ftruncate(int fd, off_t size)
{
	return ftruncate64(fd, size);
}

/* The disk is not waited for: what it would have is what the log says. */
static int synced(int fd)
{
	char path[PATH_ROOM];
	if (!logged_fd(fd, path))
		return (int)syscall(SYS_fsync, fd);
	pthread_mutex_lock(&lock);
	put_fd(SYNC, fd, path, 0);
	pthread_mutex_unlock(&lock);
	return 0;
}

int fsync(int fd)
{
	return synced(fd);
}

int fdatasync(int fd)
{
	return synced(fd);
}

int renameat(int from_folder, const char *from, int to_folder, const char *to)
{
	char a[PATH_ROOM], b[PATH_ROOM];
	path_at(from_folder, from, a);
	path_at(to_folder, to, b);
	pthread_mutex_lock(&lock);
	int rc = (int)syscall(SYS_renameat, from_folder, from, to_folder, to);
	if (rc == 0 && (ours(a) || ours(b)))
		put((struct head){ .op = RENAME }, a, b, NULL, 0);
	pthread_mutex_unlock(&lock);
	return rc;
}

int rename(const char *from, const char *to)
{
	return renameat(AT_FDCWD, from, AT_FDCWD, to);
}

int unlinkat(int folder, const char *name, int flags)
{
	char path[PATH_ROOM];
	path_at(folder, name, path);
	pthread_mutex_lock(&lock);
	int rc = (int)syscall(SYS_unlinkat, folder, name, flags);
	if (rc == 0 && ours(path))
		put((struct head){ .op = UNLINK }, path, NULL, NULL, 0);
	pthread_mutex_unlock(&lock);
	return rc;
}

int unlink(const char *path)
{
	return unlinkat(AT_FDCWD, path, 0);
}

int rmdir(const char *path)
{
	return unlinkat(AT_FDCWD, path, AT_REMOVEDIR);
}

int mkdirat(int folder, const char *name, mode_t mode)
{
	char path[PATH_ROOM];
	path_at(folder, name, path);
	pthread_mutex_lock(&lock);
	int rc = (int)syscall(SYS_mkdirat, folder, name, mode);
	if (rc == 0 && ours(path))
		put((struct head){ .op = MKDIR }, path, NULL, NULL, 0);
	pthread_mutex_unlock(&lock);
	return rc;
}

int mkdir(const char *path, mode_t mode)
{
	return mkdirat(AT_FDCWD, path, mode);
}

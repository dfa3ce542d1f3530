/* SPDX-License-Identifier: Apache-2.0 */
#include "stamp.h"

#include "pipeline/base/buf.h"
#include "pipeline/base/hash.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { PATH_ROOM = 4096, FILE_MODE = 0600, VERSION = 1 };
/* Times of files move on with the ticks of the kernel, 10 ms at most. */
enum { TICK_NS = 12000000 };

/* As it lies in the file. */
struct sealed {
	uint64_t version;
	struct sl_stamp stamp;
	uint64_t seal;
};

static uint64_t seal_of(const struct sealed *sealed)
{
	return sl_hash64(sl_span_of(sealed, offsetof(struct sealed, seal)), VERSION);
}

static bool look(int fd, struct sl_stamp *stamp_r)
{
	struct stat st;
	if (fstat(fd, &st))
		return false;
	stamp_r->inode = (uint64_t)st.st_ino;
	stamp_r->size = (uint64_t)st.st_size;
	stamp_r->mtime_ns = (int64_t)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec;
	return true;
}

static bool name_of(const char *store, const char *name, char path_r[PATH_ROOM])
{
	int n = snprintf(path_r, PATH_ROOM, "%s/%s", store, name);
	return n > 0 && n < PATH_ROOM;
}

bool sl_stamp_read(const char *store, struct sl_stamp *stamp_r)
{
	char path[PATH_ROOM];
	struct sealed sealed;
	memset(stamp_r, 0, sizeof(*stamp_r));
	if (!name_of(store, "verified", path))
		return false;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return false;
	bool whole = pread(fd, &sealed, sizeof(sealed), 0) == (ssize_t)sizeof(sealed);
	close(fd);
	if (!whole || sealed.version != VERSION || sealed.seal != seal_of(&sealed))
		return false;
	*stamp_r = sealed.stamp;
	return true;
}

bool sl_stamp_fits(const struct sl_stamp *stamp, int fd, uint64_t txn, int64_t now)
{
	struct sl_stamp today;
	return look(fd, &today) && stamp->inode == today.inode && stamp->size == today.size &&
	       stamp->mtime_ns == today.mtime_ns && stamp->txn == txn && stamp->checked <= now &&
	       now - stamp->checked < SL_STAMP_SECONDS;
}

static void let_a_tick_pass(int64_t mtime_ns)
{
	struct timespec now;
	clock_gettime(CLOCK_REALTIME, &now);
	int64_t age = (int64_t)now.tv_sec * 1000000000 + now.tv_nsec - mtime_ns;
	struct timespec rest = { 0, TICK_NS };
	if (age < TICK_NS)
		nanosleep(&rest, NULL);
}

void sl_stamp_write(const char *store, int fd, uint64_t txn, int64_t checked)
{
	struct sealed sealed = { .version = VERSION };
	char path[PATH_ROOM], fresh[PATH_ROOM];
	if (!look(fd, &sealed.stamp) || !name_of(store, "verified", path) ||
		!name_of(store, ".verified.new", fresh))
		return;
	let_a_tick_pass(sealed.stamp.mtime_ns);
	sealed.stamp.txn = txn;
	sealed.stamp.checked = checked;
	sealed.seal = seal_of(&sealed);
	int to = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, FILE_MODE);
	if (to < 0)
		return;
	bool whole = pwrite(to, &sealed, sizeof(sealed), 0) == (ssize_t)sizeof(sealed);
	close(to);
	if (!whole || rename(fresh, path))
		unlink(fresh);
}

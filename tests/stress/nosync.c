/* SPDX-License-Identifier: Apache-2.0 */
/* nosync.c - a library to preload, for tests of power cuts. It does one of two things to each sync.
 *
 * Built with -DLIE, a sync tells of success and does nothing: what a test must then see are faults.
 * Else it is done, with a pause before it (written, not yet safe) and after it (safe, not yet
 * renamed), so that cuts by the clock hit these states. Descriptors that were opened with O_SYNC or
 * O_DSYNC stay what they are.
 */
#include <fcntl.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#ifdef LIE
static const bool lie = true;
#else
static const bool lie = false;
#endif

static void rest(void)
{
	struct timespec pause = { 0, 12000000 };
	nanosleep(&pause, NULL);
}

static int synced(long number, long a, long b, long c, long d)
{
	rest();
	long rc = lie ? 0 : syscall(number, a, b, c, d);
	rest();
	return (int)rc;
}

int fsync(int fd)
{
	return synced(SYS_fsync, fd, 0, 0, 0);
}

int fdatasync(int fd)
{
	return synced(SYS_fdatasync, fd, 0, 0, 0);
}

int msync(void *start, size_t n, int flags)
{
	return synced(SYS_msync, (long)start, (long)n, flags, 0);
}

int sync_file_range(int fd, off64_t from, off64_t n, unsigned flags)
{
	return synced(SYS_sync_file_range, fd, from, n, (long)flags);
}

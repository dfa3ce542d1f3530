/* SPDX-License-Identifier: Apache-2.0 */
/* disk.h - a disk that fails when a test wants it: calls of libc that this test program overrides.
 *
 * With `disk.fail_at` = N the Nth of the counted calls fails with `disk.error`, and with
 * `disk.for_ever` all behind it; with `disk.halves` reads and writes give half of what they could.
 */
#ifndef SL_TEST_DISK_H
#define SL_TEST_DISK_H

#include "check.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static struct {
	unsigned calls, fail_at;
	int error;
	bool for_ever, halves;
} disk;

static inline bool disk_fails(void)
{
	disk.calls++;
	if (!disk.fail_at || disk.calls < disk.fail_at)
		return false;
	if (disk.calls > disk.fail_at && !disk.for_ever)
		return false;
	errno = disk.error;
	return true;
}

static inline size_t disk_length(size_t n)
{
	return disk.halves && n > 1 ? n / 2 : n;
}

ssize_t read(int fd, void *to, size_t n)
{
	return disk_fails() ? -1 : syscall(SYS_read, fd, to, disk_length(n));
}

ssize_t pread(int fd, void *to, size_t n, off_t at)
{
	return disk_fails() ? -1 : syscall(SYS_pread64, fd, to, disk_length(n), at);
}

ssize_t write(int fd, const void *bytes, size_t n)
{
	return disk_fails() ? -1 : syscall(SYS_write, fd, bytes, disk_length(n));
}

off_t lseek(int fd, off_t at, int whence)
{
	return disk_fails() ? -1 : syscall(SYS_lseek, fd, at, whence);
}

#endif

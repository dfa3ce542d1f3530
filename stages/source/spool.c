/* SPDX-License-Identifier: Apache-2.0 */
#include "spool.h"

#include "pipeline/base/fullio.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

/* One that was handed out, emptied; when all are busy, memory has to do. */
static int borrow(struct sl_spools *spools)
{
	for (size_t i = 0; i < spools->n; i++) {
		uint32_t bit = (uint32_t)1 << i;
		if ((spools->busy & bit) || ftruncate(spools->fds[i], 0) != 0 ||
			lseek(spools->fds[i], 0, SEEK_SET) != 0)
			continue;
		spools->busy |= bit;
		return spools->fds[i];
	}
	return memfd_create("spamloom-spool", MFD_CLOEXEC);
}

void sl_spool_give_back(struct sl_spools *spools, int fd)
{
	for (size_t i = 0; spools && i < spools->n; i++)
		if (spools->fds[i] == fd) {
			if (ftruncate(fd, 0) == 0)
				spools->busy &= ~((uint32_t)1 << i);
			return;
		}
	close(fd);
}

int sl_spool_file(void)
{
	const char *folder = getenv("TMPDIR");
	int fd = open(folder && *folder ? folder : "/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	return fd >= 0 ? fd : memfd_create("spamloom-spool", MFD_CLOEXEC);
}

static int fail(struct sl_nest *nest, struct sl_spools *spools, int fd, const char *what)
{
	sl_nest_fail(nest, errno, what);
	if (fd >= 0)
		sl_spool_give_back(spools, fd);
	return -1;
}

int sl_spool(
	struct sl_stream *from, struct sl_spools *spools, uint64_t *size_r, const char **reason_r)
{
	*size_r = 0;
	*reason_r = NULL;
	int fd = spools ? borrow(spools) : sl_spool_file();
	if (fd < 0)
		return fail(from->nest, spools, -1, "cannot make a temporary file");
	struct sl_span s;
	while ((s = sl_stream_next(from)).n) {
		sl_assert(*size_r <= from->nest->limits->spool);
		if (s.n > from->nest->limits->spool - *size_r) {
			*reason_r = "limit-spool";
			sl_spool_give_back(spools, fd);
			return -1;
		}
		if (!sl_write_all(fd, s))
			return fail(from->nest, spools, fd, "cannot write a temporary file");
		*size_r += s.n;
		sl_stream_take(from, s.n);
	}
	if (from->nest->fatal) {
		sl_spool_give_back(spools, fd);
		return -1;
	}
	return fd;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "spool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

static int open_nameless(void)
{
	const char *folder = getenv("TMPDIR");
	int fd = open(folder && *folder ? folder : "/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	return fd >= 0 ? fd : memfd_create("spamloom-spool", MFD_CLOEXEC);
}

static bool write_all(int fd, struct sl_span s)
{
	while (s.n) {
		ssize_t n = write(fd, s.p, s.n);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		s = sl_span_from(s, (size_t)n);
	}
	return true;
}

static int fail(struct sl_nest *nest, int fd, const char *what)
{
	nest->fatal = true;
	sl_err_errno(nest->err, SL_EXIT_IOERR, "cannot %s a temporary file", what);
	if (fd >= 0)
		close(fd);
	return -1;
}

int sl_spool(struct sl_stream *from, uint64_t *size_r, const char **reason_r)
{
	*size_r = 0;
	*reason_r = NULL;
	int fd = open_nameless();
	if (fd < 0)
		return fail(from->nest, -1, "make");
	struct sl_span s;
	while ((s = sl_stream_next(from)).n) {
		sl_assert(*size_r <= from->nest->limits->spool);
		if (s.n > from->nest->limits->spool - *size_r) {
			*reason_r = "limit-spool";
			close(fd);
			return -1;
		}
		if (!write_all(fd, s))
			return fail(from->nest, fd, "write");
		*size_r += s.n;
		sl_stream_take(from, s.n);
	}
	if (from->nest->fatal) {
		close(fd);
		return -1;
	}
	return fd;
}

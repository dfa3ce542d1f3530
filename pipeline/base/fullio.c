/* SPDX-License-Identifier: Apache-2.0 */
#include "fullio.h"

#include <errno.h>
#include <unistd.h>

bool sl_write_all(int fd, struct sl_span s)
{
	while (s.n) {
		ssize_t n = write(fd, s.p, s.n);
		if (n < 0 && errno == EINTR)
			continue;
		if (n == 0)
			errno = EIO;
		if (n <= 0)
			return false;
		s = sl_span_from(s, (size_t)n);
	}
	return true;
}

ssize_t sl_pread_all(int fd, char *to, size_t room, uint64_t at)
{
	size_t have = 0;
	while (have < room) {
		ssize_t n = pread(fd, to + have, room - have, (off_t)(at + have));
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		if (n == 0)
			break;
		have += (size_t)n;
	}
	return (ssize_t)have;
}

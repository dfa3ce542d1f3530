/* SPDX-License-Identifier: Apache-2.0 */
#include "infile.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

void sl_infile_init(struct sl_infile *file, int fd, uint64_t size, const struct sl_proof *proof,
	struct sl_nest *nest)
{
	*file = (struct sl_infile){ .fd = fd, .size = size, .proof = proof, .nest = nest };
	if (proof) {
		file->size = proof->size;
		file->block = sl_malloc_aligned(SL_PROOF_BLOCK);
	}
}

void sl_infile_fini(struct sl_infile *file)
{
	free(file->block);
	file->block = NULL;
}

static size_t read_some(struct sl_infile *file, uint64_t at, char *to, size_t room)
{
	ssize_t n;
	do
		n = pread(file->fd, to, room, (off_t)at);
	while (n < 0 && errno == EINTR);
	if (n >= 0)
		return (size_t)n;
	char what[64];
	int error = errno;
	snprintf(what, sizeof(what), "cannot read the input at %llu", (unsigned long long)at);
	sl_nest_fail(file->nest, error, what);
	return 0;
}

/* The block that holds `at`, which is in front of the end. */
static bool load(struct sl_infile *file, uint64_t at)
{
	size_t index = (size_t)(at / SL_PROOF_BLOCK), n = 0, got;
	uint64_t from = (uint64_t)index * SL_PROOF_BLOCK;
	size_t want = sl_proof_length(file->proof, index);
	file->block_n = 0;
	while (n < want && (got = read_some(file, from + n, file->block + n, want - n)) > 0)
		n += got;
	if (file->nest->fatal)
		return false;
	/* the engine looks at the offset of the descriptor: does the walk come on? */
	(void)lseek(file->fd, (off_t)(from + n), SEEK_SET);
	if (!sl_proof_holds(file->proof, index, sl_span_of(file->block, n))) {
		file->nest->fatal = file->nest->changed = true;
		file->nest->changed_at = from;
		return false;
	}
	file->block_at = from;
	file->block_n = n;
	return true;
}

size_t sl_infile_read(struct sl_infile *file, uint64_t at, char *to, size_t room)
{
	if (file->nest->fatal || room == 0)
		return 0;
	if (!file->proof)
		return read_some(file, at, to, room);
	if (at >= file->size)
		return 0;
	bool held = at >= file->block_at && at - file->block_at < file->block_n;
	if (!held && !load(file, at))
		return 0;
	size_t skip = (size_t)(at - file->block_at);
	size_t n = file->block_n - skip < room ? file->block_n - skip : room;
	sl_assert(n > 0);
	memcpy(to, file->block + skip, n);
	return n;
}

struct sl_span sl_infile_fill(struct sl_infile *file, uint64_t at, char *to, size_t room)
{
	size_t n = 0, got;
	while (n < room && (got = sl_infile_read(file, at + n, to + n, room - n)) > 0)
		n += got;
	return sl_span_of(to, n);
}

bool sl_infile_failed(const struct sl_infile *file)
{
	return file->nest->fatal;
}

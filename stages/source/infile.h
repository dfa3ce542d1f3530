/* SPDX-License-Identifier: Apache-2.0 */
/* infile.h - bytes of a file by their offset: of the input, proved, or of a spool file of our own.
 *
 * Every look at the input goes through here, also those at the directory of a zip and the header of
 * a 7z: what is read in the walk is what was hashed, or nothing. Costs one block of memory and one
 * hash of what is read.
 */
#ifndef SL_INFILE_H
#define SL_INFILE_H

#include "pipeline/proof.h"
#include "stream.h"

struct sl_infile {
	int fd;                       /* not closed here */
	uint64_t size;                /* of the file */
	const struct sl_proof *proof; /* NULL: nobody else writes this file */
	struct sl_nest *nest;         /* is told of failures */
	char *block;                  /* proved bytes */
	uint64_t block_at;
	size_t block_n;
};

void sl_infile_init(struct sl_infile *file, int fd, uint64_t size, const struct sl_proof *proof,
	struct sl_nest *nest);
void sl_infile_fini(struct sl_infile *file);
/* Up to `room` bytes at `at`, perhaps fewer. 0: the end, or the nest is fatal now. */
size_t sl_infile_read(struct sl_infile *file, uint64_t at, char *to, size_t room);
/* The same until `room` is full or the file is at its end. */
struct sl_span sl_infile_fill(struct sl_infile *file, uint64_t at, char *to, size_t room);
/* The disk failed, or the file is not what was hashed: what was read is not all. */
bool sl_infile_failed(const struct sl_infile *file);

#endif

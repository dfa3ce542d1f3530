/* SPDX-License-Identifier: Apache-2.0 */
/* proof.h - what the first pass over a file learned, so that the walk can prove block by block that
 * it reads the bytes that were hashed.
 *
 * A block that is not what it was never reaches a parser: so whatever is committed under the key
 * of an archive is true of these bytes, at every instant, and a kill needs no undoing. 64 KB a GB;
 * one more hash of what is read (20 GB/s). Owned by the reader, constant during the walk; a cell
 * that walks the file sees it read-only.
 */
#ifndef SL_PROOF_H
#define SL_PROOF_H

#include "base/hash.h"

enum { SL_PROOF_BLOCK = 256 * 1024 };

struct sl_proof {
	const struct sl_secret *secret; /* so that nobody can make two blocks with one hash */
	struct sl_id *blocks;
	size_t n, room;
	uint64_t size; /* of the file; what was added behind is not there for the walk */
};

/* Forget the file before; memory is kept. */
void sl_proof_reset(struct sl_proof *proof);
void sl_proof_free(struct sl_proof *proof);
/* Add the next block; only the last one is shorter than SL_PROOF_BLOCK. */
void sl_proof_add(struct sl_proof *proof, struct sl_span block);
/* Bytes of block `index`. */
size_t sl_proof_length(const struct sl_proof *proof, size_t index);
bool sl_proof_holds(const struct sl_proof *proof, size_t index, struct sl_span block);

/* For the cell that walks the file: a sealed descriptor of the hashes, to be closed. -1: errno. */
int sl_proof_share(const struct sl_proof *proof);
/* In the cell: the proof of a file of `size` bytes, read-only. False: there is no memory. */
bool sl_proof_map(int fd, uint64_t size, const struct sl_secret *secret,
	struct sl_proof *proof_r) SL_MUST_CHECK;
void sl_proof_unmap(struct sl_proof *proof);

#endif

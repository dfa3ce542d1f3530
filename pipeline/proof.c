/* SPDX-License-Identifier: Apache-2.0 */
#include "proof.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

void sl_proof_reset(struct sl_proof *proof)
{
	proof->n = 0;
	proof->size = 0;
}

void sl_proof_free(struct sl_proof *proof)
{
	free(proof->blocks);
	proof->blocks = NULL;
	proof->n = proof->room = 0;
}

void sl_proof_add(struct sl_proof *proof, struct sl_span block)
{
	sl_assert(block.n && block.n <= SL_PROOF_BLOCK);
	sl_assert(proof->size == (uint64_t)proof->n * SL_PROOF_BLOCK);
	if (proof->n == proof->room) {
		proof->room = proof->room ? 2 * proof->room : 64;
		proof->blocks = sl_realloc(proof->blocks, proof->room * sizeof(*proof->blocks));
	}
	proof->blocks[proof->n++] = sl_hash_key(block, proof->secret);
	proof->size += block.n;
}

size_t sl_proof_length(const struct sl_proof *proof, size_t index)
{
	sl_assert(index < proof->n);
	uint64_t left = proof->size - (uint64_t)index * SL_PROOF_BLOCK;
	return left < SL_PROOF_BLOCK ? (size_t)left : SL_PROOF_BLOCK;
}

bool sl_proof_holds(const struct sl_proof *proof, size_t index, struct sl_span block)
{
	if (block.n != sl_proof_length(proof, index))
		return false;
	struct sl_id now = sl_hash_key(block, proof->secret);
	return sl_id_eq(&now, &proof->blocks[index]);
}

static size_t map_size(const struct sl_proof *proof)
{
	return proof->n * sizeof(*proof->blocks);
}

static bool put_hashes(int fd, struct sl_span s)
{
	off_t at = 0;
	while (s.n) {
		ssize_t n = pwrite(fd, s.p, s.n, at);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return false;
		s = sl_span_from(s, (size_t)n);
		at += n;
	}
	return true;
}

int sl_proof_share(const struct sl_proof *proof)
{
	static const int seals = F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL;
	int fd = memfd_create("spamloom-proof", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd < 0)
		return -1;
	struct sl_span hashes = sl_span_of((const char *)proof->blocks, map_size(proof));
	if (put_hashes(fd, hashes) && fcntl(fd, F_ADD_SEALS, seals) == 0)
		return fd;
	int error = errno;
	close(fd);
	errno = error;
	return -1;
}

bool sl_proof_map(int fd, uint64_t size, const struct sl_secret *secret, struct sl_proof *proof_r)
{
	*proof_r = (struct sl_proof){ .secret = secret, .size = size };
	proof_r->n = (size_t)(size / SL_PROOF_BLOCK + (size % SL_PROOF_BLOCK != 0));
	if (proof_r->n == 0)
		return true;
	void *at = mmap(NULL, map_size(proof_r), PROT_READ, MAP_SHARED, fd, 0);
	proof_r->blocks = at == MAP_FAILED ? NULL : at;
	return proof_r->blocks != NULL;
}

void sl_proof_unmap(struct sl_proof *proof)
{
	if (proof->blocks)
		munmap(proof->blocks, map_size(proof));
	proof->blocks = NULL;
}

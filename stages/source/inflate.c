/* SPDX-License-Identifier: Apache-2.0 */
#include "inflate.h"

#include <isa-l/igzip_lib.h>
#include <stdlib.h>

/* isa-l looks up to three symbols up at once, and gives none of them before the last is whole. */
enum { HELD = 2, PAD = 16 };

struct sl_inflate {
	struct inflate_state state;
	int error;     /* of isa-l; it must not be called any more */
	bool released; /* what was held back at the end of the input */
};

struct sl_inflate *sl_inflate_new(void)
{
	struct sl_inflate *inflate = sl_malloc(sizeof(*inflate));
	isal_inflate_init(&inflate->state);
	inflate->state.crc_flag = ISAL_GZIP_NO_HDR_VER;
	inflate->error = ISAL_DECOMP_OK;
	inflate->released = false;
	return inflate;
}

void sl_inflate_free(struct sl_inflate **inflate)
{
	free(*inflate);
	*inflate = NULL;
}

void sl_inflate_reset(struct sl_inflate *inflate)
{
	isal_inflate_reset(&inflate->state);
	inflate->error = ISAL_DECOMP_OK;
	inflate->released = false;
}

static size_t run(struct sl_inflate *inflate, struct sl_span *in, char *to, size_t room)
{
	struct inflate_state *state = &inflate->state;
	state->next_in = (uint8_t *)(uintptr_t)in->p; /* isa-l has no const; it only reads */
	state->avail_in = (uint32_t)in->n;
	state->next_out = (uint8_t *)to;
	state->avail_out = (uint32_t)room;
	int rc = isal_inflate(state);
	if (rc < 0)
		inflate->error = rc;
	*in = sl_span_from(*in, in->n - state->avail_in);
	return room - state->avail_out;
}

/* Behind an error: what was decoded before it and found no room yet. */
static size_t take_decoded(struct inflate_state *state, char *to, size_t room)
{
	size_t left = (size_t)(state->tmp_out_valid - state->tmp_out_processed);
	size_t n = left < room ? left : room;
	memcpy(to, state->tmp_out_buffer + state->tmp_out_processed, n);
	state->tmp_out_processed += (int32_t)n;
	return n;
}

/* The next bytes, were the input to go on with `pad`, and all bytes so far `past`. */
static size_t guess(
	const struct inflate_state *state, struct inflate_state *probe, int pad, int past, char *to)
{
	uint8_t bits[PAD];
	*probe = *state;
	memset(probe->tmp_out_buffer, past, ISAL_DEF_HIST_SIZE);
	probe->tmp_out_valid = probe->tmp_out_processed = ISAL_DEF_HIST_SIZE;
	memset(bits, pad, sizeof(bits));
	probe->next_in = bits;
	probe->avail_in = sizeof(bits);
	probe->next_out = (uint8_t *)to;
	probe->avail_out = HELD;
	(void)isal_inflate(probe);
	return HELD - probe->avail_out;
}

/* The input ends inside a symbol: the bytes of the whole ones in front of it. A code that is not
 * whole becomes one symbol with zeros behind and another one with ones, and a symbol that copies
 * gives what lies in the past: what comes out in all four cases was whole. */
static size_t release(struct sl_inflate *inflate, char *to, size_t room)
{
	const struct inflate_state *state = &inflate->state;
	if (inflate->released || state->block_state != ISAL_BLOCK_CODED)
		return 0;
	inflate->released = true;
	struct inflate_state *probe = sl_malloc(sizeof(*probe));
	char sure[HELD], other[HELD];
	size_t n = guess(state, probe, 0, 0, sure);
	for (int i = 1; i < 4; i++) {
		size_t most = guess(state, probe, i & 1 ? UINT8_MAX : 0, i >> 1, other);
		size_t same = 0;
		while (same < n && same < most && sure[same] == other[same])
			same++;
		n = same;
	}
	free(probe);
	n = n < room ? n : room;
	memcpy(to, sure, n);
	return n;
}

static enum sl_inflated verdict(const struct sl_inflate *inflate, bool ended)
{
	enum isal_block_state block = inflate->state.block_state;
	if (inflate->error)
		return inflate->error == ISAL_INCORRECT_CHECKSUM ? SL_INFLATED_BAD_SUM
								 : SL_INFLATED_BAD_DATA;
	if (block == ISAL_BLOCK_FINISH)
		return SL_INFLATED_END;
	if (!ended)
		return SL_INFLATED_MORE;
	return block == ISAL_CHECKSUM_CHECK ? SL_INFLATED_CUT_TRAILER : SL_INFLATED_CUT;
}

enum sl_inflated sl_inflate_step(
	struct sl_inflate *inflate, struct sl_span *in, char *to, size_t room, size_t *made_r)
{
	bool ended = in->n == 0;
	sl_assert(room > 0 && room <= INT32_MAX && in->n <= INT32_MAX);
	if (inflate->error)
		*made_r = take_decoded(&inflate->state, to, room);
	else
		*made_r = run(inflate, in, to, room);
	if (*made_r == 0 && ended && !inflate->error)
		*made_r = release(inflate, to, room);
	return *made_r ? SL_INFLATED_MORE : verdict(inflate, ended);
}

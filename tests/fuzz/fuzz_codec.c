/* SPDX-License-Identifier: Apache-2.0 */
#include "storage/codec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A stream of results, as a cell hands it over. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sl_arena *arena = sl_arena_new(0);
	struct sl_span rest = sl_span_of(data, size);
	struct sl_result result;
	while (sl_result_decode(&rest, arena, &result))
		sl_arena_reset(arena);
	sl_arena_free(&arena);
	return 0;
}

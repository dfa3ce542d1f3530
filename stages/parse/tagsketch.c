/* SPDX-License-Identifier: Apache-2.0 */
#include "tagsketch.h"

enum { GRAM = 4 };

/* A permutation of 32-bit numbers with good mixing (the finaliser of MurmurHash3). */
static uint32_t mix(uint32_t h)
{
	h ^= h >> 16;
	h *= 0x85ebca6bu;
	h ^= h >> 13;
	h *= 0xc2b2ae35u;
	return h ^ h >> 16;
}

static void add(uint16_t sketch[SL_TAG_SKETCH], uint32_t gram)
{
	uint32_t h = mix(gram);
	uint16_t value = (uint16_t)(h >> 16 ? h >> 16 : 1);
	uint16_t *slot = &sketch[h % SL_TAG_SKETCH];
	if (*slot == 0 || value < *slot)
		*slot = value;
}

/* A slot that saw no gram takes what the next one to the right holds, changed by the distance. */
static void fill_empty(uint16_t sketch[SL_TAG_SKETCH])
{
	uint16_t seen[SL_TAG_SKETCH];
	memcpy(seen, sketch, sizeof(seen));
	for (unsigned i = 0; i < SL_TAG_SKETCH; i++)
		for (unsigned d = 1; sketch[i] == 0 && d < SL_TAG_SKETCH; d++) {
			uint16_t other = seen[(i + d) % SL_TAG_SKETCH];
			uint16_t value = (uint16_t)(other + d * 0x9e3u);
			sketch[i] = other == 0 ? 0 : value ? value : 1;
		}
}

void sl_tagsketch_make(struct sl_span tags, struct sl_content *content)
{
	memset(content->tag_sketch, 0, sizeof(content->tag_sketch));
	content->html_tags = (uint32_t)tags.n;
	content->skeleton = 0;
	if (tags.n == 0)
		return;
	uint64_t name = sl_hash64(tags, 0);
	content->skeleton = name ? name : 1;
	uint32_t gram = 0;
	for (size_t i = 0; i < tags.n; i++) {
		gram = gram << 8 | (unsigned char)tags.p[i];
		if (i + 1 >= GRAM || i + 1 == tags.n)
			add(content->tag_sketch, gram);
	}
	fill_empty(content->tag_sketch);
}

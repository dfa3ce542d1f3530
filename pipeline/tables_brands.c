/* SPDX-License-Identifier: Apache-2.0 */
#include "base/unicode.h"
#include "tables_internal.h"

enum { NEAR_LEAST = 6 }; /* shorter names are one letter away from common words */

static struct sl_span lower(struct sl_arena *arena, struct sl_span text)
{
	char *copy = sl_arena_alloc(arena, text.n + 1);
	for (size_t i = 0; i < text.n; i++)
		copy[i] = sl_lower(text.p[i]);
	copy[text.n] = '\0';
	return sl_span_of(copy, text.n);
}

/* A user's row with a known id adds to that brand; its number. */
static uint32_t brand_number(struct sl_tables *t, struct sl_span id, struct sl_span name)
{
	struct sl_span key = lower(t->arena, id);
	uint32_t *number = sl_nameset_put(&t->brand_ids, key);
	if (*number)
		return *number - 1;
	struct sl_brand *brand = SL_ARENA_PUSH(t->arena, t->brands, t->n_brands, t->room_brands);
	*brand = (struct sl_brand){ .id = key, .name = sl_arena_copy(t->arena, name) };
	*number = (uint32_t)t->n_brands;
	return *number - 1;
}

static void add_aliases(struct sl_tables *t, uint32_t brand, struct sl_span list)
{
	struct sl_span alias;
	while (sl_span_split(&list, '|', &alias)) {
		alias = sl_span_trim(alias);
		bool weak = sl_span_starts(alias, SL_SPAN("~"));
		sl_aliases_add(
			&t->brand_aliases, t->arena, sl_span_from(alias, weak), brand, !weak);
	}
}

static void add_domains(struct sl_tables *t, uint32_t number, struct sl_span list)
{
	struct sl_brand *brand = &t->brands[number];
	struct sl_span domain;
	size_t room = brand->n_domains;
	while (sl_span_split(&list, '|', &domain)) {
		domain = lower(t->arena, sl_span_trim(domain));
		if (domain.n == 0)
			continue;
		*SL_ARENA_PUSH(t->arena, brand->domains, brand->n_domains, room) = domain;
		uint32_t *owner = sl_nameset_put(&t->brand_domains, domain);
		if (!*owner)
			*owner = number + 1;
		sl_tables_add_name(t, domain, SL_KNOWN_BRAND);
	}
}

void sl_tables_load_brands(struct sl_tables *t, struct sl_span text)
{
	struct sl_span row[SL_TSV_FIELDS];
	while (sl_tsv_row(&text, row)) {
		if (row[0].n == 0)
			continue;
		uint32_t number = brand_number(t, row[0], row[1].n ? row[1] : row[0]);
		add_aliases(t, number, row[2]);
		add_domains(t, number, row[3]);
	}
}

/* All ways to leave out one letter: two words one edit apart share one of them (Garbe's symmetric
 * delete), so a look-alike costs as many probes as it has letters. */
static void add_near(struct sl_tables *t, const struct sl_alias *alias, uint32_t number)
{
	for (size_t skip = 0; skip <= alias->bytes.n; skip++) {
		char *key = sl_arena_alloc(t->arena, alias->bytes.n + 1);
		size_t n = 0;
		for (size_t i = 0; i < alias->bytes.n; i++)
			if (i != skip)
				key[n++] = alias->bytes.p[i];
		uint32_t *value = sl_nameset_put(&t->near, sl_span_of(key, n));
		if (!*value)
			*value = number + 1;
	}
}

static bool plain_latin(const struct sl_alias *alias)
{
	for (size_t i = 0; i < alias->bytes.n; i++)
		if (!sl_is_alpha(alias->bytes.p[i]))
			return false;
	return alias->allowed == 0;
}

void sl_tables_finish_brands(struct sl_tables *t)
{
	for (size_t i = 0; i < t->brand_aliases.n; i++) {
		const struct sl_alias *alias = &t->brand_aliases.items[i];
		sl_assert(alias->owner < t->n_brands);
		if (alias->strong && alias->bytes.n >= NEAR_LEAST && plain_latin(alias))
			add_near(t, alias, (uint32_t)i);
	}
	if (t->brand_aliases.matcher)
		sl_matcher_finish(t->brand_aliases.matcher);
}

const struct sl_brand *sl_tables_brand_of_domain(const struct sl_tables *t, struct sl_span domain)
{
	while (domain.n) {
		const uint32_t *number = sl_nameset_get(&t->brand_domains, domain);
		if (number)
			return &t->brands[*number - 1];
		ssize_t dot = sl_span_chr(domain, '.', 0);
		domain = dot < 0 ? SL_SPAN_NULL : sl_span_from(domain, (size_t)dot + 1);
	}
	return NULL;
}

const struct sl_brand *sl_tables_brand_by_id(const struct sl_tables *t, struct sl_span id)
{
	const uint32_t *number = sl_nameset_get(&t->brand_ids, id);
	return number ? &t->brands[*number - 1] : NULL;
}

bool sl_brand_owns(const struct sl_brand *brand, struct sl_span host)
{
	for (size_t i = 0; i < brand->n_domains; i++) {
		struct sl_span domain = brand->domains[i];
		if (sl_span_ends(host, domain) &&
			(host.n == domain.n || host.p[host.n - domain.n - 1] == '.'))
			return true;
	}
	return false;
}

struct collect {
	const struct sl_tables *t;
	struct sl_brand_hit *hits;
	size_t n, max;
};

/* Kept sorted by table order; when full the last of them makes room. */
static void collect_hit(void *arg, const struct sl_alias *alias, size_t at)
{
	struct collect *c = arg;
	const struct sl_brand *brand = &c->t->brands[alias->owner];
	size_t i = c->n;
	while (i > 0 && c->hits[i - 1].brand > brand)
		i--;
	if (i > 0 && c->hits[i - 1].brand == brand) {
		c->hits[i - 1].count++;
		c->hits[i - 1].strong = c->hits[i - 1].strong || alias->strong;
		return;
	}
	if (i == c->max)
		return;
	size_t moved = c->n - i;
	if (c->n == c->max)
		moved--;
	else
		c->n++;
	memmove(c->hits + i + 1, c->hits + i, moved * sizeof(*c->hits));
	c->hits[i] = (struct sl_brand_hit){ brand, at, 1, alias->strong };
}

size_t sl_tables_brand_hits(const struct sl_tables *t, struct sl_span folded, bool strong_only,
	struct sl_brand_hit *hits_r, size_t max)
{
	struct collect c = { t, hits_r, 0, max };
	if (max)
		sl_aliases_scan(&t->brand_aliases, folded, strong_only, collect_hit, &c);
	return c.n;
}

size_t sl_tables_brands_in(const struct sl_tables *t, struct sl_span folded, bool strong_only,
	const struct sl_brand **brands_r, size_t max)
{
	struct sl_brand_hit hits[SL_BRANDS_MAX];
	size_t n = sl_tables_brand_hits(
		t, folded, strong_only, hits, max < SL_BRANDS_MAX ? max : SL_BRANDS_MAX);
	for (size_t i = 0; i < n; i++)
		brands_r[i] = hits[i].brand;
	return n;
}

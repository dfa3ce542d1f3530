/* SPDX-License-Identifier: Apache-2.0 */
#include "lineage.h"

enum { ID_CHARS = 16 };

static const char digits[] = "abcdefghijklmnopqrstuvwxyz234567";

struct sl_campaign_id sl_campaign_id_make(const struct sl_sha256 *founder)
{
	struct sl_sha256 hash = sl_sha256_of_two(
		SL_SPAN("spamloom campaign 1"), sl_span_of(founder->b, sizeof(founder->b)));
	struct sl_campaign_id id = { "c" };

	for (unsigned i = 0; i < ID_CHARS; i++) {
		unsigned bit = i * 5, byte = bit / 8;
		unsigned two = (unsigned)hash.b[byte] << 8 | hash.b[byte + 1];

		id.text[1 + i] = digits[(two >> (11 - bit % 8)) & 31];
	}
	return id;
}

bool sl_campaign_id_eq(const struct sl_campaign_id *a, const struct sl_campaign_id *b)
{
	return sl_campaign_id_cmp(a, b) == 0;
}

int sl_campaign_id_cmp(const struct sl_campaign_id *a, const struct sl_campaign_id *b)
{
	return strncmp(a->text, b->text, sizeof(a->text));
}

int sl_event_compare(const void *a, const void *b)
{
	const struct sl_event *x = a, *y = b;
	int order = sl_campaign_id_cmp(&x->id, &y->id);

	if (order == 0)
		order = strcmp(x->op, y->op);
	return order ? order : sl_campaign_id_cmp(&x->other, &y->other);
}

static void put_counts(struct sl_buf *to, const struct sl_event *event)
{
	const char *before = ": ";

	sl_buf_printf(to, "%llu variants, %llu messages", (unsigned long long)event->variants,
		(unsigned long long)event->messages);
	for (int i = SL_EVIDENCE_TEXT; i < SL_EVIDENCES; i++) {
		if (event->evidence[i] == 0)
			continue;
		sl_buf_printf(to, "%s%s %llu", before, sl_evidence_name((enum sl_evidence)i),
			(unsigned long long)event->evidence[i]);
		before = ", ";
	}
}

static void put_edge(struct sl_buf *to, const struct sl_edge *edge)
{
	sl_buf_printf(to, "; %s %u.%03u between ", sl_evidence_name(edge->evidence),
		edge->score / 1000, edge->score % 1000);
	sl_buf_hex(to, edge->a.b, sizeof(edge->a.b));
	sl_buf_str(to, " and ");
	sl_buf_hex(to, edge->b.b, sizeof(edge->b.b));
}

enum sl_rc sl_event_write(struct sl_store *store, struct sl_arena *arena, uint64_t night,
	const struct sl_event *event, struct sl_err *err)
{
	struct sl_buf reason = sl_buf_make(1024);
	struct sl_campaign_id other = event->other;
	bool merge = event->other.text[0] != '\0';
	struct sl_lineage_row row = { .line = { .night = night,
					      .op = event->op,
					      .id = event->id,
					      .other = event->other,
					      .moved = event->messages } };

	sl_assert(event->id.text[0] == 'c');
	put_counts(&reason, event);
	if (merge)
		put_edge(&reason, &event->edge);
	sl_assert(!reason.overflow);
	row.line.reason = sl_arena_copy(arena, sl_buf_span(&reason));
	sl_buf_free(&reason);
	row.from = merge ? &other : NULL;
	row.n_from = merge;
	return sl_store_put_lineage(store, &row, err);
}

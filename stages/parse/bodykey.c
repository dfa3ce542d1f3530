/* SPDX-License-Identifier: Apache-2.0 */
/* The stage that names the body: the key of its content record.
 *
 * A trap gets the same body a thousand times, each with MIME boundaries of its own. So the names of
 * boundaries are left out where they can have no part in what is learned: the screen says that they
 * are mere names, and body.c looks, when the tree is known, whether they stand where only the tree
 * sees them. Else the body is named by all of its bytes. */
#include "pipeline/stage.h"
#include "screen.h"

#include <stdlib.h>

static struct sl_span lower(struct sl_arena *arena, struct sl_span s)
{
	char *to = sl_arena_alloc(arena, s.n + 1);
	for (size_t i = 0; i < s.n; i++)
		to[i] = sl_lower(s.p[i]);
	return sl_span_of(to, s.n);
}

/* `whole` without the names of boundaries. */
static void add_between(struct sl_hasher *hasher, struct sl_span whole,
	const struct sl_screen_mark *marks, size_t n)
{
	size_t at = 0;
	for (size_t i = 0; i < n; i++) {
		sl_assert(marks[i].at >= at && marks[i].at + marks[i].n <= whole.n);
		sl_hasher_add(hasher, sl_span_of(whole.p + at, marks[i].at - at));
		at = marks[i].at + marks[i].n;
	}
	sl_hasher_add(hasher, sl_span_from(whole, at));
}

/* Which names stood where; behind everything else, with the count last, so that no two bodies that
 * differ in more than the names come to one sequence of bytes. */
static void add_marks(struct sl_hasher *hasher, const struct sl_screen_body *body)
{
	for (size_t i = 0; i < body->n_marks; i++) {
		const struct sl_screen_mark *mark = &body->marks[i];
		uint64_t numbers[3] = { mark->at, mark->n, mark->number };
		sl_hasher_add(hasher, sl_span_of((const char *)numbers, sizeof(numbers)));
	}
	uint64_t counts[2] = { body->n_type_marks, body->n_marks };
	sl_hasher_add(hasher, sl_span_of((const char *)counts, sizeof(counts)));
}

static bool is_content_type(const struct sl_field *field)
{
	return sl_field_named(field, SL_SPAN("content-type"));
}

/* What describes the body: the Content-* fields. */
static void add_fields(struct sl_hasher *hasher, struct sl_mail *mail, bool rename)
{
	const struct sl_screen *screen = mail->screen;
	for (size_t i = 0; i < mail->n_fields; i++) {
		const struct sl_field *field = &mail->fields[i];
		if (!sl_span_istarts(field->name, SL_SPAN("content-")))
			continue;
		sl_hasher_add(hasher, lower(mail->arena, field->name));
		sl_hasher_add(hasher, SL_SPAN(":"));
		if (rename && is_content_type(field))
			add_between(hasher, screen->type, screen->body.marks,
				screen->body.n_type_marks);
		else
			sl_hasher_add(hasher, field->value);
		sl_hasher_add(hasher, SL_SPAN("\n"));
	}
	sl_hasher_add(hasher, SL_SPAN("\n"));
}

/* One Content-Type, so that it is the one whose boundaries are marked, and no cuts: those are
 * scanned with the body. */
static bool can_rename(const struct sl_mail *mail)
{
	const struct sl_screen *screen = mail->screen;
	size_t types = 0;
	if (!screen->multipart || !screen->body.renamable || screen->cuts.n ||
		(mail->content.flags & SL_BIT(SL_MSG_AMBIGUOUS)))
		return false;
	for (size_t i = 0; i < mail->n_fields; i++)
		types += is_content_type(&mail->fields[i]);
	return types == 1;
}

static void name(struct sl_mail *mail, struct sl_hasher *hasher, bool rename)
{
	const struct sl_screen *screen = mail->screen;
	const struct sl_screen_mark *marks = screen->body.marks;
	size_t n_type = screen->body.n_type_marks, n = screen->body.n_marks;
	sl_hasher_reset(hasher);
	if (rename)
		sl_hasher_add(hasher, sl_span_of("\0", 1)); /* no field begins so */
	add_fields(hasher, mail, rename);
	if (rename) {
		add_between(hasher, mail->body, marks + n_type, n - n_type);
		add_marks(hasher, &screen->body);
	} else {
		sl_hasher_add(hasher, mail->body);
	}
	for (size_t i = 0; i < screen->cuts.n; i++) {
		sl_hasher_add(hasher, SL_SPAN("\ncut\n"));
		sl_hasher_add(hasher, screen->cuts.items[i]);
	}
	mail->content.key = sl_hasher_id(hasher);
	mail->content.size = mail->body.n;
	mail->key_renamed = rename;
}

void sl_body_key_whole(struct sl_mail *mail)
{
	struct sl_hasher *hasher = sl_hasher_new(mail->secret);
	name(mail, hasher, false);
	sl_hasher_free(&hasher);
}

/* State of one worker. */
struct namer {
	struct sl_hasher *hasher;
	const struct sl_secret *secret; /* of the hasher */
};

static void *thread_new(const struct sl_config *config, const struct sl_tables *tables)
{
	(void)config;
	(void)tables;
	return sl_calloc(1, sizeof(struct namer));
}

static void thread_free(void *thread)
{
	struct namer *namer = thread;
	sl_hasher_free(&namer->hasher);
	free(namer);
}

static void process(void *thread, struct sl_mail *mail)
{
	struct namer *namer = thread;
	sl_screen_mail(mail);
	if (!namer->hasher || namer->secret != mail->secret) {
		sl_hasher_free(&namer->hasher);
		namer->hasher = sl_hasher_new(mail->secret);
		namer->secret = mail->secret;
	}
	name(mail, namer->hasher, can_rename(mail));
}

const struct sl_stage sl_stage_key = {
	.name = "key", .thread_new = thread_new, .process = process, .thread_free = thread_free
};

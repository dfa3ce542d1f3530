/* SPDX-License-Identifier: Apache-2.0 */
/* extract.h - a mail made by hand, and the stages of stages/extract over it. */
#ifndef SL_TEST_EXTRACT_H
#define SL_TEST_EXTRACT_H

#include "check.h"
#include "pipeline/stage.h"
#include "stages/extract/suffixes.h"

struct desk {
	struct sl_config config;
	struct sl_tables *tables;
	struct sl_suffixes *suffixes;
	struct sl_arena *arena;
	struct sl_secret secret;
	struct sl_mail mail;
};

static inline void desk_clear(struct desk *desk)
{
	sl_arena_reset(desk->arena);
	sl_mail_begin(&desk->mail, &desk->config, desk->tables, &desk->secret, desk->arena,
		SL_SPAN("raw"));
}

static inline void desk_open(struct desk *desk)
{
	struct sl_err err = { .exit_code = SL_EXIT_CLEAN };
	*desk = (struct desk){ .arena = sl_arena_new(0) };
	sl_limits_default(&desk->config.limits);
	if (sl_tables_load(&desk->config, &desk->tables, &err) != SL_OK ||
		sl_suffixes_load(&desk->config, desk->tables, &desk->suffixes, &err) != SL_OK)
		fail_msg("%s", err.text);
	desk_clear(desk);
}

static inline void desk_close(struct desk *desk)
{
	sl_suffixes_free(&desk->suffixes);
	sl_tables_free(&desk->tables);
	sl_arena_free(&desk->arena);
}

/* For cmocka: a desk for all tests of a group. */
static inline int desk_set_up(void **state)
{
	static struct desk desk;
	desk_open(&desk);
	*state = &desk;
	return 0;
}

static inline int desk_tear_down(void **state)
{
	desk_close(*state);
	return 0;
}

static inline void desk_run(struct desk *desk, const struct sl_stage *stage)
{
	void *thread = stage->thread_new ? stage->thread_new(&desk->config, desk->tables) : NULL;
	stage->process(thread, &desk->mail);
	if (stage->thread_free)
		stage->thread_free(thread);
}

static inline void desk_text(struct desk *desk, enum sl_view_kind view, const char *text)
{
	sl_mail_add_view(&desk->mail, view, 0, sl_span_str(text));
}

static inline struct sl_link *desk_link(
	struct desk *desk, enum sl_role role, const char *url, const char *text)
{
	struct sl_mail *mail = &desk->mail;
	struct sl_link *link =
		SL_ARENA_PUSH(desk->arena, mail->links, mail->n_links, mail->room_links);
	*link = (struct sl_link){
		.role = role, .url = sl_span_str(url), .text = sl_span_str(text)
	};
	return link;
}

/* The indicators of one kind, "value role" joined by " | ", headers first. */
static inline struct sl_span desk_list(struct desk *desk, enum sl_kind kind)
{
	struct sl_span list = SL_SPAN_NULL;
	const struct sl_message *m = &desk->mail.message;
	const struct sl_content *c = &desk->mail.content;
	for (size_t i = 0; i < m->n_indicators + c->n_indicators; i++) {
		const struct sl_indicator *at = i < m->n_indicators
							? &m->indicators[i]
							: &c->indicators[i - m->n_indicators];
		if (at->kind == kind)
			list = sl_arena_printf(desk->arena, "%.*s%s%.*s %s", SL_ARG(list),
				list.n ? " | " : "", SL_ARG(at->value), sl_role_name(at->role));
	}
	return list;
}

/* Flags as names joined by commas. */
static inline struct sl_span desk_flags(struct desk *desk, uint32_t flags)
{
	struct sl_span list = SL_SPAN_NULL;
	for (int bit = 0; bit < SL_IND_FLAGS; bit++)
		if (flags & SL_BIT(bit))
			list = sl_arena_printf(desk->arena, "%.*s%s%s", SL_ARG(list),
				list.n ? "," : "", sl_ind_flag_name((enum sl_ind_flag)bit));
	return list;
}

#endif

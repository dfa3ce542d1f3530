/* SPDX-License-Identifier: Apache-2.0 */
/* stages.h - raw messages through the stages from the screen to the registered domains. */
#ifndef SL_TEST_STAGES_H
#define SL_TEST_STAGES_H

#include "check.h"
#include "pipeline/base/buf.h"
#include "pipeline/stage.h"

static const struct sl_stage *const whole_stages[] = { &sl_stage_screen, &sl_stage_header,
	&sl_stage_key, &sl_stage_body, &sl_stage_bytes, &sl_stage_text, &sl_stage_attachment,
	&sl_stage_url, &sl_stage_email, &sl_stage_ip, &sl_stage_host, &sl_stage_domain,
	&sl_stage_brand, &sl_stage_variant };

/* Which of them run. */
enum stages_way {
	STAGES_WHOLE,
	STAGES_DEGRADED, /* bytes in place of body */
	STAGES_BYTES     /* neither screen nor header nor body */
};

struct stages {
	struct sl_config config;
	struct sl_tables *tables;
	struct sl_arena *arena;
	struct sl_secret secret;
	struct sl_mail mail;
	struct sl_buf raw; /* to make a message in */
	void *threads[SL_LEN(whole_stages)];
};

static inline void stages_open(struct stages *s, size_t room)
{
	struct sl_err err = { .exit_code = SL_EXIT_CLEAN };
	*s = (struct stages){ .arena = sl_arena_new(0), .raw = sl_buf_make(room) };
	sl_limits_default(&s->config.limits);
	if (sl_tables_load(&s->config, &s->tables, &err) != SL_OK ||
		sl_suffixes_preload(&s->config, s->tables, &err) != SL_OK)
		fail_msg("%s", err.text);
	for (size_t i = 0; i < SL_LEN(whole_stages); i++)
		if (whole_stages[i]->thread_new)
			s->threads[i] = whole_stages[i]->thread_new(&s->config, s->tables);
}

static inline void stages_close(struct stages *s)
{
	for (size_t i = 0; i < SL_LEN(whole_stages); i++)
		if (whole_stages[i]->thread_free)
			whole_stages[i]->thread_free(s->threads[i]);
	sl_tables_free(&s->tables);
	sl_buf_free(&s->raw);
	sl_arena_free(&s->arena);
}

static inline bool stages_skip(enum stages_way way, const struct sl_stage *stage)
{
	if (stage == &sl_stage_bytes)
		return way == STAGES_WHOLE;
	if (stage == &sl_stage_key || stage == &sl_stage_body)
		return way != STAGES_WHOLE;
	return way == STAGES_BYTES && (stage == &sl_stage_screen || stage == &sl_stage_header);
}

static inline void stages_run(struct stages *s, struct sl_span raw, enum stages_way way)
{
	sl_arena_reset(s->arena);
	sl_mail_begin(&s->mail, &s->config, s->tables, &s->secret, s->arena, raw);
	for (size_t i = 0; i < SL_LEN(whole_stages); i++)
		if (!stages_skip(way, whole_stages[i]))
			whole_stages[i]->process(s->threads[i], &s->mail);
}

static inline bool stages_flag(const struct stages *s, enum sl_msg_flag flag)
{
	return ((s->mail.message.flags | s->mail.content.flags) & SL_BIT(flag)) != 0;
}

/* The indicator of that kind and value, in that view (SL_VIEWS: in any), or NULL. */
static inline const struct sl_indicator *stages_find(
	const struct stages *s, enum sl_kind kind, const char *value, enum sl_view_kind view)
{
	const struct sl_message *m = &s->mail.message;
	const struct sl_content *c = &s->mail.content;
	for (size_t i = 0; i < m->n_indicators + c->n_indicators; i++) {
		const struct sl_indicator *at = i < m->n_indicators
							? &m->indicators[i]
							: &c->indicators[i - m->n_indicators];
		if (at->kind == kind && (view == SL_VIEWS || at->view == view) &&
			sl_span_eq(at->value, sl_span_str(value)))
			return at;
	}
	return NULL;
}

static inline void put_times(struct sl_buf *to, const char *text, size_t times)
{
	for (size_t i = 0; i < times; i++)
		sl_buf_str(to, text);
}

/* Lines of 76 digits. */
static inline void put_base64(struct sl_buf *to, const char *text)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	size_t n = strlen(text);
	for (size_t i = 0; i < n; i += 3) {
		uint32_t bits = 0;
		for (size_t k = 0; k < 3; k++)
			bits = bits << 8 | (i + k < n ? (unsigned char)text[i + k] : 0);
		for (size_t k = 0; k < 4; k++)
			sl_buf_char(to, i + k <= n ? digits[bits >> (18 - 6 * k) & 63] : '=');
		if (i % 57 == 54)
			sl_buf_char(to, '\n');
	}
	sl_buf_char(to, '\n');
}

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* Runs mails and host names through the stages of stages/extract; vectors_extract.py speaks to it.
 *
 * Input, per case: a line "NAME TAB FAMILY TAB BYTES", then that many bytes. Family url: a raw
 * mail; prints
 * {"id", "got"} for score_vectors.py. Family domain: a host name; the same. Family feed: a raw
 * mail; prints one line an indicator for score_indicators.py. --psl FILE takes another suffix list.
 */
#include "pipeline/base/json.h"
#include "pipeline/base/unicode.h"
#include "pipeline/stage.h"
#include "stages/extract/suffixes.h"

#include <stdio.h>
#include <stdlib.h>

static const struct sl_stage *const stages[] = { &sl_stage_header, &sl_stage_body,
	&sl_stage_attachment, &sl_stage_url, &sl_stage_email, &sl_stage_ip, &sl_stage_host,
	&sl_stage_domain };

struct probe {
	struct sl_config config;
	struct sl_tables *tables;
	struct sl_arena *arena;
	struct sl_secret secret;
	void *threads[SL_LEN(stages)];
	struct sl_mail mail;
};

static void read_mail(struct probe *probe, struct sl_span raw)
{
	sl_mail_begin(
		&probe->mail, &probe->config, probe->tables, &probe->secret, probe->arena, raw);
	for (size_t i = 0; i < SL_LEN(stages); i++)
		stages[i]->process(probe->threads[i], &probe->mail);
}

static const struct sl_indicator *indicator(const struct sl_mail *mail, size_t i)
{
	const struct sl_message *m = &mail->message;
	if (i < m->n_indicators)
		return &m->indicators[i];
	i -= m->n_indicators;
	return i < mail->content.n_indicators ? &mail->content.indicators[i] : NULL;
}

static void put_url(struct sl_json *json, const struct sl_indicator *at)
{
	sl_json_object(json);
	sl_json_key(json, "url");
	sl_json_text(json, at->value);
	sl_json_key(json, "host");
	sl_json_text(json, at->host);
	sl_json_key(json, "registered_domain");
	sl_json_text_or_null(json, at->domain);
	sl_json_key(json, "role");
	sl_json_str(json, sl_role_name(at->role));
	sl_json_key(json, "flags");
	sl_json_array(json);
	for (int bit = 0; bit < SL_IND_FLAGS; bit++)
		if (at->flags & SL_BIT(bit))
			sl_json_str(json, sl_ind_flag_name((enum sl_ind_flag)bit));
	sl_json_array_end(json);
	sl_json_object_end(json);
}

static void answer_begin(struct sl_json *json, const char *id)
{
	sl_json_object(json);
	sl_json_key(json, "id");
	sl_json_str(json, id);
	sl_json_key(json, "got");
}

static void put_urls(struct probe *probe, const char *id, struct sl_span raw, struct sl_buf *out)
{
	struct sl_json json = sl_json_make(out);
	const struct sl_indicator *at;
	read_mail(probe, raw);
	answer_begin(&json, id);
	sl_json_array(&json);
	for (size_t i = 0; (at = indicator(&probe->mail, i)); i++)
		if (at->kind == SL_KIND_URL)
			put_url(&json, at);
	sl_json_array_end(&json);
	sl_json_object_end(&json);
	sl_json_line(&json);
}

static void put_domain(struct probe *probe, const char *id, struct sl_span host, struct sl_buf *out)
{
	struct sl_json json = sl_json_make(out);
	struct sl_span ascii, domain = SL_SPAN_NULL;
	bool mapped;
	if (sl_unicode_host_to_ascii(probe->arena, host, &ascii, &mapped)) {
		if (sl_span_ends(ascii, SL_SPAN(".")))
			ascii.n--;
		domain = sl_suffixes_domain(
			sl_suffixes_shared(&probe->config, probe->tables), ascii);
	}
	answer_begin(&json, id);
	sl_json_text_or_null(&json, domain);
	sl_json_object_end(&json);
	sl_json_line(&json);
}

static void put_feed(struct probe *probe, const char *id, struct sl_span raw, struct sl_buf *out)
{
	const struct sl_indicator *at;
	read_mail(probe, raw);
	for (size_t i = 0; (at = indicator(&probe->mail, i)); i++) {
		struct sl_json json = sl_json_make(out);
		sl_json_object(&json);
		sl_json_key(&json, "sample");
		sl_json_str(&json, id);
		sl_json_key(&json, "kind");
		sl_json_str(&json, sl_kind_name(at->kind));
		sl_json_key(&json, "value");
		sl_json_text(&json, at->value);
		sl_json_key(&json, "role");
		sl_json_str(&json, sl_role_name(at->role));
		sl_json_object_end(&json);
		sl_json_line(&json);
	}
}

static bool one_case(struct probe *probe, struct sl_buf *out)
{
	char line[1024], *rest = line;
	if (!fgets(line, sizeof(line), stdin))
		return false;
	const char *id = strsep(&rest, "\t"), *family = strsep(&rest, "\t");
	size_t n = rest ? strtoul(rest, NULL, 10) : 0;
	sl_arena_reset(probe->arena);
	char *bytes = sl_arena_alloc(probe->arena, n + 1);
	struct sl_span input = sl_span_of(bytes, fread(bytes, 1, n, stdin));
	sl_buf_reset(out);
	if (family && strcmp(family, "url") == 0)
		put_urls(probe, id, input, out);
	else if (family && strcmp(family, "domain") == 0)
		put_domain(probe, id, input, out);
	else
		put_feed(probe, id, input, out);
	fwrite(out->p, 1, out->n, stdout);
	return true;
}

int main(int argc, char **argv)
{
	struct probe probe = { .arena = sl_arena_new(0) };
	struct sl_buf out = sl_buf_make((size_t)64 << 20);
	struct sl_err err = { .exit_code = SL_EXIT_CLEAN };
	sl_limits_default(&probe.config.limits);
	if (argc == 3 && strcmp(argv[1], "--psl") == 0)
		probe.config.psl_file = argv[2];
	if (sl_tables_load(&probe.config, &probe.tables, &err) != SL_OK ||
		sl_suffixes_preload(&probe.config, probe.tables, &err) != SL_OK) {
		fprintf(stderr, "extract_probe: %s\n", err.text);
		return (int)err.exit_code;
	}
	for (size_t i = 0; i < SL_LEN(stages); i++)
		if (stages[i]->thread_new)
			probe.threads[i] = stages[i]->thread_new(&probe.config, probe.tables);
	while (one_case(&probe, &out))
		;
	for (size_t i = 0; i < SL_LEN(stages); i++)
		if (stages[i]->thread_free)
			stages[i]->thread_free(probe.threads[i]);
	sl_buf_free(&out);
	sl_tables_free(&probe.tables);
	sl_arena_free(&probe.arena);
	return 0;
}

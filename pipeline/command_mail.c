/* SPDX-License-Identifier: Apache-2.0 */
/* command_mail.c - commands about one thing: explain a mail, look up a value. */
#include "base/fullio.h"
#include "base/json.h"
#include "cell.h"
#include "commands.h"
#include "lonecell.h"
#include "lookup.h"
#include "mill.h"
#include "policy.h"
#include "report.h"
#include "storage/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { TEXT_MAX = 512 << 20 };

/* ---- explain ---- */

static enum sl_rc slurp(const char *path, uint64_t limit, struct sl_buf *bytes, struct sl_err *err)
{
	bool standard = strcmp(path, "-") == 0;
	int fd = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return sl_err_errno(err, SL_EXIT_NOINPUT, "%s", path);
	*bytes = sl_buf_make(limit);
	ssize_t got = 1;
	while (got > 0) {
		size_t left = bytes->max - bytes->n, want = left < 65536 ? left : 65536;
		char *room = want ? sl_buf_reserve(bytes, want) : NULL;
		if (!room)
			break;
		got = read(fd, room, want);
		if (got < 0 && errno == EINTR)
			got = 1;
		else if (got > 0)
			sl_buf_filled(bytes, (size_t)got);
	}
	enum sl_rc rc = got < 0 ? sl_err_errno(err, SL_EXIT_IOERR, "%s", path) : SL_OK;
	if (!standard)
		close(fd);
	return rc;
}

/* A single mail may have a From_ line on top and end with a blank line (mbox): the raw message is
 * what is between. The source does that; this sink keeps the first message that it finds. */
struct first_mail {
	struct sl_sink sink;
	struct sl_buf bytes;
	int64_t from_time;
	bool done;
};

static struct first_mail *first_of(struct sl_sink *sink)
{
	return (struct first_mail *)sink;
}

static enum sl_rc mail_begin(struct sl_sink *sink, const struct sl_slice *slice)
{
	first_of(sink)->from_time = slice->from_time;
	return SL_OK;
}

static enum sl_rc mail_write(struct sl_sink *sink, struct sl_span bytes)
{
	sl_buf_add(&first_of(sink)->bytes, bytes);
	return SL_OK;
}

static enum sl_rc mail_end(struct sl_sink *sink, uint64_t length, bool drop)
{
	(void)length;
	if (drop) {
		sl_buf_reset(&first_of(sink)->bytes);
		return SL_OK;
	}
	first_of(sink)->done = true;
	return SL_END;
}

static enum sl_rc mail_member(struct sl_sink *sink, struct sl_span entry, enum sl_member member,
	uint64_t size, uint64_t messages)
{
	(void)sink;
	(void)entry;
	(void)member;
	(void)size;
	(void)messages;
	return SL_OK;
}

static enum sl_rc mail_reject(struct sl_sink *sink, const struct sl_reject *reject)
{
	(void)sink;
	(void)reject;
	return SL_OK;
}

/* Answers for explain: straight from the source, there is no store. */
struct asking {
	void *state;
	int64_t as_of;
};

static void ask_geo(void *asking_p, enum sl_kind kind, struct sl_span value, struct sl_arena *arena,
	struct sl_answer *answer_r)
{
	struct asking *asking = asking_p;
	sl_lookup_geo.ask(asking->state, kind, value, asking->as_of, arena, answer_r);
}

/* ---- the work, in a cell ---- */

struct explaining {
	struct sl_lonecell cell; /* its descriptors: the spooled mail, then spools for the source */
	const struct sl_tables *tables;
	const char *name;
	struct sl_buf all; /* the file */
	struct asking asking;
	struct sl_mill *mill;
};

/* What the source does not take for a mail is explained as one all the same: the user said so. */
static enum sl_rc first_mail(struct explaining *x, struct first_mail *first, struct sl_err *err)
{
	const struct sl_limits *limits = &x->cell.config->limits;
	struct sl_spools spools = { .n = x->cell.n_fds - 1 };
	memcpy(spools.fds, x->cell.fds + 1, spools.n * sizeof(spools.fds[0]));
	*first = (struct first_mail){ .sink = { mail_begin, mail_write, mail_end, mail_member,
					      mail_reject, &spools },
		.bytes = sl_buf_make(limits->message),
		.from_time = SL_TIME_NONE };
	enum sl_rc rc = sl_source_read(x->cell.fds[0], "mail", limits, NULL, &first->sink, err);
	first->sink.spools = NULL;
	if (!first->done) {
		sl_buf_reset(&first->bytes);
		sl_buf_add(&first->bytes, sl_buf_span(&x->all));
	}
	return rc == SL_FATAL ? SL_FATAL : SL_OK;
}

static enum sl_rc explain_first(
	struct sl_lonecell *cell, struct sl_buf *text, int *code_r, struct sl_err *err)
{
	struct explaining *x = (struct explaining *)cell;
	const struct sl_config *config = cell->config;
	struct first_mail first;
	enum sl_rc rc = first_mail(x, &first, err);
	if (rc == SL_OK) {
		sl_lonecell_mail(cell, first.bytes.n);
		const struct sl_mail *mail =
			sl_mill_one(x->mill, sl_buf_span(&first.bytes), first.from_time);
		struct sl_report_geo geo = { &x->asking, ask_geo };
		if (config->json)
			sl_explain_json(mail, x->tables, config, sl_span_str(x->name), text);
		else
			sl_explain_text(
				mail, x->tables, config, x->asking.state ? &geo : NULL, text);
		bool limited = (mail->message.flags & SL_MSG_LIMITS) != 0;
		*code_r = limited ? SL_EXIT_DAMAGED : SL_EXIT_CLEAN;
	}
	sl_buf_free(&first.bytes);
	return rc;
}

/* ---- what it needs ---- */

static enum sl_rc spool(struct explaining *x, struct sl_err *err)
{
	int fd = sl_spool_file();
	if (fd < 0)
		return sl_err_errno(err, SL_EXIT_IOERR, "cannot spool the mail");
	x->cell.fds[x->cell.n_fds++] = fd;
	if (!sl_write_all(fd, sl_buf_span(&x->all)) || lseek(fd, 0, SEEK_SET) != 0)
		return sl_err_errno(err, SL_EXIT_IOERR, "cannot spool the mail");
	while (x->cell.n_fds <= SL_CELL_SPOOLS && (fd = sl_spool_file()) >= 0)
		x->cell.fds[x->cell.n_fds++] = fd;
	return SL_OK;
}

/* Everything that opens files: the cell can open none. */
static enum sl_rc prepare(struct explaining *x, struct sl_err *err)
{
	static const struct sl_secret no_secret; /* nothing is stored */
	const struct sl_config *config = x->cell.config;
	if (slurp(x->name, config->limits.message, &x->all, err) != SL_OK ||
		spool(x, err) != SL_OK ||
		sl_lookup_geo.open(config, &x->asking.state, err) != SL_OK)
		return SL_FATAL;
	sl_source_prepare();
	x->mill = sl_mill_new(config, x->tables, &no_secret);
	return SL_OK;
}

static void end(struct explaining *x)
{
	for (size_t i = 0; i < x->cell.n_fds; i++)
		close(x->cell.fds[i]);
	sl_buf_free(&x->all);
	sl_mill_free(&x->mill);
	if (x->asking.state)
		sl_lookup_geo.close(x->asking.state);
}

static int explain(const struct sl_config *config, const struct sl_tables *tables,
	const struct sl_strings *operands, struct sl_log *log)
{
	struct sl_err err;
	struct explaining x = { .cell = { .config = config, .work = explain_first },
		.tables = tables,
		.name = operands->items[0],
		.all = sl_buf_make(0),
		.asking = { NULL, config->as_of } };
	struct sl_buf text = sl_buf_make(TEXT_MAX);
	int code = SL_EXIT_CLEAN;
	if (prepare(&x, &err) != SL_OK || sl_lonecell_run(&x.cell, &text, &code, &err) != SL_OK)
		code = sl_log_failure(log, &err);
	else
		fwrite(text.p, 1, text.n, stdout);
	sl_buf_free(&text);
	end(&x);
	return code;
}

/* ---- lookup ---- */

static enum sl_kind kind_of(struct sl_span value)
{
	struct sl_ip ip;
	if (sl_ip_parse(value, &ip))
		return ip.family == 4 ? SL_KIND_IPV4 : SL_KIND_IPV6;
	if (sl_span_find(value, SL_SPAN("://"), 0) >= 0)
		return SL_KIND_URL;
	return sl_span_chr(value, '@', 0) >= 0 ? SL_KIND_EMAIL : SL_KIND_HOST;
}

static void print_answer(
	const struct sl_config *config, struct sl_span value, const struct sl_answer *answer)
{
	struct sl_buf text = sl_buf_make(1 << 20);
	if (config->json) {
		struct sl_json json = sl_json_make(&text);
		sl_json_object(&json);
		sl_json_key(&json, "value");
		sl_json_text(&json, value);
		sl_json_key(&json, "status");
		sl_json_str(&json, sl_lookup_status_name(answer->status));
		sl_json_key(&json, "source");
		sl_json_text_or_null(&json, answer->source);
		for (size_t i = 0; i < answer->n_pairs; i++) {
			char key[64];
			snprintf(key, sizeof(key), "%.*s", SL_ARG(answer->pairs[i].name));
			sl_json_key(&json, key);
			sl_json_text(&json, answer->pairs[i].value);
		}
		sl_json_object_end(&json);
		sl_json_line(&json);
	} else {
		sl_buf_escaped(&text, value, 1000);
		sl_buf_printf(&text, ": %s", sl_lookup_status_name(answer->status));
		for (size_t i = 0; i < answer->n_pairs; i++) {
			sl_buf_printf(&text, ", %.*s ", SL_ARG(answer->pairs[i].name));
			sl_buf_escaped(&text, answer->pairs[i].value, 1000);
		}
		if (answer->source.n)
			sl_buf_printf(&text, " (%.*s)", SL_ARG(answer->source));
		sl_buf_char(&text, '\n');
	}
	fwrite(text.p, 1, text.n, stdout);
	sl_buf_free(&text);
}

/* Through the cache: what is there and of this edition is not asked again; what is new is kept. */
static enum sl_rc ask_one(const struct sl_config *config, struct sl_store *store, void *state,
	struct sl_span value, struct sl_err *err)
{
	struct sl_arena *arena SL_CLEANUP(sl_arena_free) = sl_arena_new(0);
	struct sl_answer answer = { .status = SL_LOOKUP_NOT_ASKED };
	enum sl_kind kind = kind_of(value);
	struct sl_view *view;
	struct sl_span edition = SL_SPAN_NULL;
	if (sl_view_open(store, false, &view, err) != SL_OK)
		return SL_FATAL;
	bool cached =
		sl_view_lookup(view, sl_lookup_geo.name, kind, value, arena, &edition, &answer);
	bool fresh = cached && (!state || (sl_span_eq(edition, sl_lookup_geo.edition(state)) &&
						  answer.expires > config->as_of));
	if (!fresh && state && (sl_lookup_geo.kinds & SL_BIT(kind)))
		sl_lookup_geo.ask(state, kind, value, config->as_of, arena, &answer);
	print_answer(config, value, &answer);
	sl_view_close(&view);
	if (fresh || answer.status == SL_LOOKUP_NOT_ASKED)
		return SL_OK;
	if (sl_store_begin(store, err) != SL_OK)
		return SL_FATAL;
	if (sl_store_put_lookup(store, sl_lookup_geo.name, kind, value,
		    sl_lookup_geo.edition(state), &answer, err) != SL_OK) {
		sl_store_abort(store);
		return SL_FATAL;
	}
	return sl_store_commit(store, err);
}

static int lookup(const struct sl_config *config, const struct sl_tables *tables,
	const struct sl_strings *operands, struct sl_log *log)
{
	struct sl_err err;
	struct sl_store *store = NULL;
	void *state = NULL;
	int code = SL_EXIT_CLEAN;
	(void)tables;
	if (sl_store_open(config->store, SL_STORE_WRITE, &store, &err) != SL_OK ||
		sl_lookup_geo.open(config, &state, &err) != SL_OK)
		code = sl_log_failure(log, &err);
	for (size_t i = 0; i < operands->n && code == SL_EXIT_CLEAN; i++)
		if (ask_one(config, store, state, sl_span_str(operands->items[i]), &err) != SL_OK)
			code = sl_log_failure(log, &err);
	if (state)
		sl_lookup_geo.close(state);
	sl_store_close(&store);
	return code;
}

const struct sl_command sl_command_explain = {
	.name = "explain",
	.operands = "FILE|-",
	.help = "the analysis of one mail, read in a sandbox",
	.more = "",
	.least = 1,
	.most = 1,
	.parses = true,
	.run = explain,
};

const struct sl_command sl_command_lookup = {
	.name = "lookup",
	.operands = "VALUE...",
	.help = "ask about addresses, through the cache",
	.more = "",
	.least = 1,
	.most = SIZE_MAX,
	.run = lookup,
};

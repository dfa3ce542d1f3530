/* SPDX-License-Identifier: Apache-2.0 */
#include "suffixes.h"

#include "pipeline/base/buf.h"
#include "pipeline/base/digest.h"
#include "pipeline/policy.h"

#include <errno.h>
#include <libpsl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

/* Answers of one worker: mails name the same hosts again and again. Longer names are not kept. */
enum { ANSWERS = 1024, ANSWER_NAME = 60, NOTHING = 255 };
enum question { DOMAIN, KNOWN };
struct answer {
	uint8_t question, n; /* n 0: free */
	uint8_t value;       /* where the domain begins; 1: known; or NOTHING */
	char name[ANSWER_NAME];
};

enum { EDITION_NAME = 64, EDITION_DATE = 11 };

struct sl_suffixes {
	psl_ctx_t *psl;
	char edition[EDITION_NAME], date[EDITION_DATE]; /* of the file, without our supplement */
	struct answer *answers;                         /* of a worker, or NULL; borrowed */
};

enum { LIST_MAX = 64 << 20 };
static const char system_list[] = "/usr/share/publicsuffix/public_suffix_list.dat";

static enum sl_rc read_list(const char *path, struct sl_buf *text, struct sl_err *err)
{
	FILE *file = fopen(path, "re");
	if (!file)
		return sl_err_errno(err, SL_EXIT_CONFIG, "public suffix list %s", path);
	size_t n;
	do {
		char *to = sl_buf_reserve(text, 65536);
		n = to ? fread(to, 1, 65536, file) : 0;
		sl_buf_filled(text, n);
	} while (n > 0);
	bool failed = ferror(file) || text->overflow;
	fclose(file);
	if (failed)
		return sl_err_set(err, SL_EXIT_CONFIG, "public suffix list %s: not readable", path);
	return SL_OK;
}

/* Lists since 2024 say "// VERSION: 2026-08-19_..."; all are told apart by their digest. */
static void note_edition(struct sl_suffixes *suffixes, struct sl_span list)
{
	static const struct sl_span mark = { "// VERSION: ", 12 };
	struct sl_sha256 digest = sl_sha256_of(list);
	snprintf(suffixes->edition, sizeof(suffixes->edition),
		"public suffix list sha256:%02x%02x%02x%02x%02x%02x", digest.b[0], digest.b[1],
		digest.b[2], digest.b[3], digest.b[4], digest.b[5]);
	ssize_t at = sl_span_find(sl_span_head(list, 4096), mark, 0);
	struct sl_span date = at < 0 ? SL_SPAN_NULL : sl_span_from(list, (size_t)at + mark.n);
	int64_t ignored;
	if (sl_time_parse(sl_span_head(date, EDITION_DATE - 1), &ignored))
		memcpy(suffixes->date, date.p, EDITION_DATE - 1);
}

static psl_ctx_t *parse_list(const struct sl_buf *text)
{
	char *p = text->p;
	FILE *memory = fmemopen(p, text->n, "r");
	if (!memory)
		return NULL;
	psl_ctx_t *psl = psl_load_fp(memory);
	fclose(memory);
	if (psl && psl_suffix_count(psl) == 0) {
		psl_free(psl);
		return NULL;
	}
	return psl;
}

static bool is_word(struct sl_span text, size_t at, size_t n)
{
	return (at == 0 || sl_is_space(text.p[at - 1])) &&
	       (at + n == text.n || sl_is_space(text.p[at + n]));
}

/* Makes a comment of the rule for that very name. */
static void drop_rule(struct sl_buf *text, struct sl_span name)
{
	struct sl_span list = sl_buf_span(text);
	ssize_t at = 0;
	while ((at = sl_span_find(list, name, (size_t)at)) >= 0) {
		if (name.n > 1 && is_word(list, (size_t)at, name.n))
			memset(text->p + at, '/', name.n);
		at += (ssize_t)name.n;
	}
}

/* Of "run.app" in the list and "*.run.app" in ours libpsl would keep both and find either. */
static void add_supplement(struct sl_buf *text, struct sl_span ours)
{
	struct sl_span rule, rest = ours;
	while (sl_span_split(&rest, '\n', &rule))
		if (sl_span_starts(rule, SL_SPAN("*.")))
			drop_rule(text, sl_span_from(rule, strlen("*.")));
	sl_buf_str(text, "\n// ===BEGIN PRIVATE DOMAINS===\n");
	sl_buf_add(text, ours);
	sl_buf_str(text, "\n// ===END PRIVATE DOMAINS===\n");
}

enum sl_rc sl_suffixes_load(const struct sl_config *config, const struct sl_tables *tables,
	struct sl_suffixes **suffixes_r, struct sl_err *err)
{
	const char *path = config->psl_file && config->psl_file[0] ? config->psl_file : system_list;
	SL_CLEANUP(sl_buf_free) struct sl_buf text = sl_buf_make(LIST_MAX);
	*suffixes_r = NULL;
	enum sl_rc rc = read_list(path, &text, err);
	if (rc != SL_OK)
		return rc;
	struct sl_suffixes loaded = { .psl = NULL };
	note_edition(&loaded, sl_buf_span(&text));
	if (tables)
		add_supplement(&text, sl_tables_suffix_supplement(tables));
	psl_ctx_t *psl = text.overflow || text.n == 0 ? NULL : parse_list(&text);
	if (!psl || !psl_is_public_suffix2(psl, "com", PSL_TYPE_ANY | PSL_TYPE_NO_STAR_RULE)) {
		psl_free(psl);
		return sl_err_set(err, SL_EXIT_CONFIG, "%s is no public suffix list", path);
	}
	loaded.psl = psl;
	*suffixes_r = sl_malloc(sizeof(**suffixes_r));
	**suffixes_r = loaded;
	return SL_OK;
}

void sl_suffixes_free(struct sl_suffixes **suffixes)
{
	if (!*suffixes)
		return;
	psl_free((*suffixes)->psl);
	free(*suffixes);
	*suffixes = NULL;
}

/* Constant once it was loaded; pthread_once takes no argument, so the lock does its work. */
static struct {
	pthread_mutex_t lock;
	struct sl_suffixes *loaded;
} process = { .lock = PTHREAD_MUTEX_INITIALIZER };

enum sl_rc sl_suffixes_preload(
	const struct sl_config *config, const struct sl_tables *tables, struct sl_err *err)
{
	pthread_mutex_lock(&process.lock);
	enum sl_rc rc = SL_OK;
	if (!process.loaded)
		rc = sl_suffixes_load(config, tables, &process.loaded, err);
	pthread_mutex_unlock(&process.lock);
	return rc;
}

void sl_suffixes_edition(struct sl_span *name_r, struct sl_span *date_r)
{
	pthread_mutex_lock(&process.lock);
	const struct sl_suffixes *loaded = process.loaded;
	pthread_mutex_unlock(&process.lock);
	*name_r = loaded ? sl_span_str(loaded->edition) : SL_SPAN_NULL;
	*date_r = loaded ? sl_span_str(loaded->date) : SL_SPAN_NULL;
}

const struct sl_suffixes *sl_suffixes_shared(
	const struct sl_config *config, const struct sl_tables *tables)
{
	static const struct sl_suffixes none = { .psl = NULL };
	struct sl_err err;
	return sl_suffixes_preload(config, tables, &err) == SL_OK ? process.loaded : &none;
}

enum { NAME_MAX_DNS = 253 };

/* A C string of a name for libpsl; false when it is none. */
static bool as_name(struct sl_span host, char name_r[NAME_MAX_DNS + 1])
{
	struct sl_span label, rest = host;
	if (host.n == 0 || host.n > NAME_MAX_DNS || host.p[host.n - 1] == '.')
		return false;
	while (sl_span_split(&rest, '.', &label))
		if (label.n == 0 || memchr(label.p, 0, label.n))
			return false;
	memcpy(name_r, host.p, host.n);
	name_r[host.n] = 0;
	return true;
}

static const psl_ctx_t *context(const struct sl_suffixes *suffixes)
{
	return suffixes->psl ? suffixes->psl : psl_builtin();
}

static size_t find_domain(const struct sl_suffixes *suffixes, struct sl_span host)
{
	char name[NAME_MAX_DNS + 1];
	struct sl_ip ip;
	if (!as_name(host, name))
		return NOTHING;
	/* names end in a label that is no number, and have no colon */
	if ((sl_is_digit(host.p[host.n - 1]) || memchr(host.p, ':', host.n)) &&
		sl_ip_parse(host, &ip))
		return NOTHING;
	const char *domain = psl_registrable_domain(context(suffixes), name);
	if (!domain)
		return NOTHING;
	sl_assert(domain >= name && domain < name + host.n);
	return (size_t)(domain - name);
}

static size_t find_known(const struct sl_suffixes *suffixes, struct sl_span label)
{
	char name[NAME_MAX_DNS + 1];
	bool known = as_name(label, name) && psl_is_public_suffix2(context(suffixes), name,
						     PSL_TYPE_ANY | PSL_TYPE_NO_STAR_RULE);
	return known ? 1 : NOTHING;
}

static size_t find(const struct sl_suffixes *suffixes, enum question question, struct sl_span name)
{
	return question == DOMAIN ? find_domain(suffixes, name) : find_known(suffixes, name);
}

/* Any spread will do: the names are compared, and the answer does not depend on where it lies. */
static size_t answer_slot(enum question question, struct sl_span name)
{
	uint64_t head = 0, tail = 0;
	size_t n = name.n < sizeof(head) ? name.n : sizeof(head);
	memcpy(&head, name.p, n);
	memcpy(&tail, name.p + name.n - n, n);
	head = (head ^ tail << 7 ^ question) * 0x9e3779b97f4a7c15 + tail * 0xc2b2ae3d27d4eb4f;
	return (head ^ name.n * 0x165667b19e3779f9) >> 32 & (ANSWERS - 1);
}

/* The answer, asked for once in a while only. */
static size_t ask(const struct sl_suffixes *suffixes, enum question question, struct sl_span name)
{
	if (!suffixes->answers || name.n == 0 || name.n > ANSWER_NAME)
		return find(suffixes, question, name);
	struct answer *answer = &suffixes->answers[answer_slot(question, name)];
	if (answer->n == name.n && answer->question == question &&
		memcmp(answer->name, name.p, name.n) == 0)
		return answer->value;
	answer->question = (uint8_t)question;
	answer->n = (uint8_t)name.n;
	answer->value = (uint8_t)find(suffixes, question, name);
	memcpy(answer->name, name.p, name.n);
	return answer->value;
}

struct sl_span sl_suffixes_domain(const struct sl_suffixes *suffixes, struct sl_span host)
{
	size_t at = ask(suffixes, DOMAIN, host);
	return at == NOTHING ? SL_SPAN_NULL : sl_span_from(host, at);
}

bool sl_suffixes_known(const struct sl_suffixes *suffixes, struct sl_span host)
{
	const char *dot = host.n ? memrchr(host.p, '.', host.n) : NULL;
	struct sl_span label = dot ? sl_span_from(host, (size_t)(dot - host.p) + 1) : host;
	return ask(suffixes, KNOWN, label) == 1;
}

struct worker {
	struct sl_suffixes suffixes;
	struct answer answers[ANSWERS];
};

void *sl_suffixes_worker(const struct sl_config *config, const struct sl_tables *tables)
{
	struct worker *worker = sl_calloc(1, sizeof(*worker));
	worker->suffixes = *sl_suffixes_shared(config, tables);
	worker->suffixes.answers = worker->answers;
	return worker;
}

const struct sl_suffixes *sl_suffixes_of_worker(const void *thread)
{
	sl_assert(thread != NULL);
	return &((const struct worker *)thread)->suffixes;
}

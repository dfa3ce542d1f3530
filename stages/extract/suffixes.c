/* SPDX-License-Identifier: Apache-2.0 */
#include "suffixes.h"

#include "pipeline/base/buf.h"
#include "pipeline/base/hash.h"
#include "pipeline/policy.h"

#include <errno.h>
#include <libpsl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

/* Answers of one worker: mails name the same hosts again and again. Longer names are not kept. */
enum { ANSWERS = 256, ANSWER_NAME = 60, NOTHING = 255 };
enum question { DOMAIN, KNOWN };
struct answer {
	uint8_t question, n; /* n 0: free */
	uint8_t value;       /* where the domain begins; 1: known; or NOTHING */
	char name[ANSWER_NAME];
};

struct sl_suffixes {
	psl_ctx_t *psl;
	struct answer *answers; /* of a worker, or NULL; borrowed */
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

enum sl_rc sl_suffixes_load(const struct sl_config *config, const struct sl_tables *tables,
	struct sl_suffixes **suffixes_r, struct sl_err *err)
{
	const char *path = config->psl_file && config->psl_file[0] ? config->psl_file : system_list;
	SL_CLEANUP(sl_buf_free) struct sl_buf text = sl_buf_make(LIST_MAX);
	*suffixes_r = NULL;
	enum sl_rc rc = read_list(path, &text, err);
	if (rc != SL_OK)
		return rc;
	if (tables) {
		sl_buf_str(&text, "\n// ===BEGIN PRIVATE DOMAINS===\n");
		sl_buf_add(&text, sl_tables_suffix_supplement(tables));
		sl_buf_str(&text, "\n// ===END PRIVATE DOMAINS===\n");
	}
	psl_ctx_t *psl = text.overflow || text.n == 0 ? NULL : parse_list(&text);
	if (!psl || !psl_is_public_suffix2(psl, "com", PSL_TYPE_ANY | PSL_TYPE_NO_STAR_RULE)) {
		psl_free(psl);
		return sl_err_set(err, SL_EXIT_CONFIG, "%s is no public suffix list", path);
	}
	*suffixes_r = sl_malloc(sizeof(**suffixes_r));
	**suffixes_r = (struct sl_suffixes){ .psl = psl };
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

const struct sl_suffixes *sl_suffixes_shared(
	const struct sl_config *config, const struct sl_tables *tables)
{
	static const struct sl_suffixes none = { NULL, NULL };
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
	if (!as_name(host, name) || sl_ip_parse(host, &ip))
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

/* The answer, asked for once in a while only. */
static size_t ask(const struct sl_suffixes *suffixes, enum question question, struct sl_span name)
{
	if (!suffixes->answers || name.n == 0 || name.n > ANSWER_NAME)
		return find(suffixes, question, name);
	struct answer *answer = &suffixes->answers[sl_hash64(name, question) % ANSWERS];
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

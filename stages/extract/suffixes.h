/* SPDX-License-Identifier: Apache-2.0 */
/* suffixes.h - registered domains by the Public Suffix List, private section on; the only door to
 * libpsl.
 *
 * One constant object for the process, about 1 MB, shared by all threads and by forked cells: the
 * first call of sl_suffixes_shared() reads the list, so it must happen before a sandbox closes the
 * file system. Lookups are O(labels x log rules). Names are lower-case A-labels.
 */
#ifndef SL_SUFFIXES_H
#define SL_SUFFIXES_H

#include "pipeline/base/err.h"
#include "pipeline/stage.h"

struct sl_suffixes;

/* The list of --psl FILE or of the system, with the supplement of the tables behind it, whose
 * wildcards beat plain rules of the list. A missing or empty file is an error: a wrong guess would
 * be worse. */
enum sl_rc sl_suffixes_load(const struct sl_config *config, const struct sl_tables *tables,
	struct sl_suffixes **suffixes_r, struct sl_err *err) SL_MUST_CHECK;
void sl_suffixes_free(struct sl_suffixes **suffixes);

/* The object of this process (sl_suffixes_preload() of pipeline/stage.h loads it), for stages,
 * which cannot fail: without a list, the one built into libpsl. */
const struct sl_suffixes *sl_suffixes_shared(
	const struct sl_config *config, const struct sl_tables *tables);

/* For `thread_new` of a stage that needs nothing but the list; free() is its `thread_free`. */
void *sl_suffixes_worker(const struct sl_config *config, const struct sl_tables *tables);
const struct sl_suffixes *sl_suffixes_of_worker(const void *thread);

/* The registered domain of a host, a part of it; empty for addresses, public suffixes and what is
 * no name. */
struct sl_span sl_suffixes_domain(const struct sl_suffixes *suffixes, struct sl_span host);
/* The last label of this name is a top-level domain that exists. */
bool sl_suffixes_known(const struct sl_suffixes *suffixes, struct sl_span host);

#endif

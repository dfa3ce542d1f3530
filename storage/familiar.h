/* SPDX-License-Identifier: Apache-2.0 */
/* familiar.h - contents that were put in this run, so that a copy needs no look at its body.
 *
 * A trap says the same thing many times. An entry says that the store has these very bytes under
 * that key, and that their indicators were merged, in a night no later than `night`; and what each
 * further message of it adds to the uses of its variant. It is a cache and may forget; it is
 * cleared whenever a content may have gone: with a transaction that failed, and when contents are
 * taken out or replaced. At most 4,096 contents of at most 256 indicators: 25 MB, in practice 2.
 * Internal to storage/.
 */
#ifndef SL_FAMILIAR_H
#define SL_FAMILIAR_H

#include "rows.h"

enum { SL_FAMILIAR_CONTENTS = 4096, SL_FAMILIAR_USES = 256 };

struct sl_familiar_use {
	struct sl_id indicator;
	uint32_t roles, views; /* bits */
};

struct sl_familiar {
	struct sl_id blob, content; /* names of the bytes, and key of the record */
	uint64_t night;
	struct sl_familiar_use
		*uses; /* owned; as they stand in the record, perhaps several of one */
	size_t n;
};

struct sl_familiar_set {
	struct sl_familiar *slots; /* owned; NULL: nothing is known */
};

/* Indicators that were merged in this run, and as what: merging one again changes nothing. The same
 * rules. 512 KB. */
enum { SL_INDICATORS_MET = 16384 };
struct sl_indicator_met {
	struct sl_id key;
	uint64_t night, reading; /* the latter: hash of what is merged but for the night */
};
struct sl_indicators_met {
	struct sl_indicator_met *slots; /* owned; NULL: none */
};

void sl_indicators_forget(struct sl_indicators_met *met);
/* False: it is to be merged now; the next time it is met. */
bool sl_indicators_met(struct sl_indicators_met *met, const struct sl_indicator_row *row);

void sl_familiar_clear(struct sl_familiar_set *set);
/* NULL: not known. */
const struct sl_familiar *sl_familiar_find(
	const struct sl_familiar_set *set, const struct sl_id *blob, const struct sl_id *content);
void sl_familiar_add(struct sl_familiar_set *set, const struct sl_id *blob,
	const struct sl_content *content, uint64_t night, const struct sl_secret *secret,
	struct sl_buf *scratch);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* language.h - the language of a text, where it can be told: by script, then by common words. */
#ifndef SL_LANGUAGE_H
#define SL_LANGUAGE_H

#include "pipeline/base/span.h"

/* ISO 639-1, a literal; empty when not sure. `normal` is text of sl_normal_make(). Looks at the
 * first 6 KB. */
struct sl_span sl_language_guess(struct sl_span normal);

#endif

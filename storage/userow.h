/* SPDX-License-Identifier: Apache-2.0 */
/* userow.h - the fields of a row that holds many uses of a variant: uses.h. Internal to storage/.
 */
#ifndef SL_USEROW_H
#define SL_USEROW_H

#include "rows.h"
#include "visit.h"

/* `row` is a struct sl_use_chunk. */
void sl_visit_uses(struct sl_visit *v, void *row);
/* Afterwards: take what the key holds; false when the uses do not belong there. */
bool sl_key_uses(struct sl_span key, void *row);

#endif

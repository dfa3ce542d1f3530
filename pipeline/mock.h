/* SPDX-License-Identifier: Apache-2.0 */
/* mock.h - where a test program may make a message do harm.
 *
 * The functions are weak: `spamloom` links nothing that defines them, so they are NULL there. The
 * test program `spamloom-mock` links tests/support/mock.c, which obeys a header field of the mail
 * ("X-Mock: crash"): the only way to prove what a cell does with a parser that crashes.
 */
#ifndef SL_MOCK_H
#define SL_MOCK_H

#include "base/buf.h"

/* In a stage of its own, before the parsers. */
__attribute__((weak)) void sl_mock_mail(struct sl_span raw);
/* After the results of a message were encoded; may spoil them. */
__attribute__((weak)) void sl_mock_results(struct sl_span raw, struct sl_buf *results);
/* When a reader begins a message of that entry. */
__attribute__((weak)) void sl_mock_entry(struct sl_span entry);

#endif

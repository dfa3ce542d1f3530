/* SPDX-License-Identifier: Apache-2.0 */
/* trap_stamp.h - what a receiving machine writes on a mail: dates, addresses, envelope lines. */
#ifndef TRAP_STAMP_H
#define TRAP_STAMP_H

#include "trap_dice.h"

/* 2026-11-01T00:00:00Z: the generators' first day. */
#define TRAP_FIRST_DAY INT64_C(1793491200)

#define TRAP_LOWER SL_SPAN("abcdefghijklmnopqrstuvwxyz0123456789")
#define TRAP_UPPER SL_SPAN("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")
#define TRAP_HEX SL_SPAN("0123456789abcdef")

/* "Sun, 1 Nov 2026 00:00:00 +0000" */
void trap_stamp_date(struct sl_buf *to, int64_t time);
/* "From SENDER Sun Nov  1 00:00:00 2026", without a line end */
void trap_stamp_from_line(struct sl_buf *to, struct sl_span sender, int64_t time);
/* An address of the traps; they are all below trap.example. */
void trap_stamp_recipient(struct trap_dice *dice, struct sl_buf *to);
/* A public IPv4 address, out of networks that are not routed. */
void trap_stamp_ip(struct trap_dice *dice, struct sl_buf *to);
/* Received: from HELO (unknown [IP]) by mx.trap.example ...; `eol` is "\n" or "\r\n" */
void trap_stamp_received(struct trap_dice *dice, struct sl_buf *to, struct sl_span helo,
	struct sl_span ip, int64_t time, const char *eol);

#endif

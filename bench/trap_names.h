/* SPDX-License-Identifier: Apache-2.0 */
/* trap_names.h - brands, hosts and addresses that do not exist. */
#ifndef TRAP_NAMES_H
#define TRAP_NAMES_H

#include "trap_dice.h"

enum { TRAP_NAMES_BRANDS = 4800, TRAP_NAMES_DEFAULT = 1000 };

/* "Kestrova Bank": no two numbers below TRAP_NAMES_BRANDS give the same name. */
void trap_names_brand(uint64_t seed, uint64_t brand, struct sl_buf *to);
/* "kestrova": its id in the table of brands; with ".example" its domain. */
void trap_names_brand_id(uint64_t seed, uint64_t brand, struct sl_buf *to);
/* A row of data/brands.tsv, with its line end. */
void trap_names_brand_row(uint64_t seed, uint64_t brand, struct sl_buf *to);
/* A registered domain: four of five below real suffixes, of 14 letters that nobody would want. */
void trap_names_domain(struct trap_dice *dice, struct sl_buf *to);
/* The same, always below a real suffix: an address in running text is known by it. */
void trap_names_listed_domain(struct trap_dice *dice, struct sl_buf *to);
/* "login.", "www.", ... or nothing */
void trap_names_label(struct trap_dice *dice, struct sl_buf *to);
/* "account/verify/" ... */
void trap_names_path(struct trap_dice *dice, struct sl_buf *to);

#endif

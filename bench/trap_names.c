/* SPDX-License-Identifier: Apache-2.0 */
#include "trap_names.h"

#include "trap_plan.h"

#define CONSONANTS SL_SPAN("bcdfghjklmnpqrstvwxz")
enum { LISTED_SUFFIXES = 8 };

static const char *const heads[20] = { "Kes", "Tar", "Nor", "Ulv", "Bre", "Quil", "Sav", "Dor",
	"Fen", "Hal", "Mer", "Vin", "Zel", "Gar", "Wes", "Pol", "Lun", "Cor", "Ryn", "Jas" };
static const char *const middles[20] = { "tro", "ven", "dal", "min", "gar", "lo", "pes", "ru",
	"shi", "ban", "cu", "fe", "mor", "ne", "wick", "za", "ti", "que", "hol", "du" };
static const char *const tails[12] = { "va", "lis", "mont", "ra", "nix", "bo", "tek", "sund", "ly",
	"gen", "park", "zio" };
static const char *const trades[8] = { "Bank", "Card", "Post", "Cloud", "Shop", "Telecom",
	"Express", "Pay" };
static const char *const suffixes[10] = { ".top", ".com", ".xyz", ".cn", ".shop", ".net", ".info",
	".com.br", ".example", ".test" };
static const char *const labels[8] = { "", "www.", "login.", "secure.", "", "konto.", "my.", "m." };
static const char *const paths[10] = { "", "account/verify/", "l/", "wp-content/uploads/x/",
	"jp/login/", "de/anmelden/", "c/", "track/parcel/", "conta/entrar/", "user/info/update/" };

/* Numbers next to one another give names that are not: the step has no factor of the count. */
static uint32_t scrambled(uint64_t seed, uint64_t brand)
{
	uint64_t shift = trap_dice_of(seed, TRAP_DICE_BRANDS, 0).state % TRAP_NAMES_BRANDS;
	sl_assert(brand < TRAP_NAMES_BRANDS);
	return (uint32_t)((brand * 2789 + shift) % TRAP_NAMES_BRANDS);
}

static void add_stem(struct sl_buf *to, uint32_t n)
{
	sl_buf_str(to, heads[n % 20]);
	sl_buf_str(to, middles[n / 20 % 20]);
	sl_buf_str(to, tails[n / 400 % 12]);
}

void trap_names_brand(uint64_t seed, uint64_t brand, struct sl_buf *to)
{
	uint32_t n = scrambled(seed, brand);
	add_stem(to, n);
	sl_buf_char(to, ' ');
	sl_buf_str(to, trades[trap_mix(n) % SL_LEN(trades)]);
}

void trap_names_brand_id(uint64_t seed, uint64_t brand, struct sl_buf *to)
{
	size_t at = to->n;
	add_stem(to, scrambled(seed, brand));
	for (; at < to->n; at++)
		to->p[at] = sl_lower(to->p[at]);
}

void trap_names_brand_row(uint64_t seed, uint64_t brand, struct sl_buf *to)
{
	trap_names_brand_id(seed, brand, to);
	sl_buf_char(to, '\t');
	trap_names_brand(seed, brand, to);
	sl_buf_char(to, '\t');
	trap_names_brand_id(seed, brand, to);
	sl_buf_char(to, '\t');
	trap_names_brand_id(seed, brand, to);
	sl_buf_str(to, ".example\n");
}

void trap_names_domain(struct trap_dice *dice, struct sl_buf *to)
{
	trap_letters(dice, to, 14, CONSONANTS);
	sl_buf_str(to, suffixes[trap_below(dice, SL_LEN(suffixes))]);
}

void trap_names_listed_domain(struct trap_dice *dice, struct sl_buf *to)
{
	trap_letters(dice, to, 14, CONSONANTS);
	sl_buf_str(to, suffixes[trap_below(dice, LISTED_SUFFIXES)]);
}

void trap_names_label(struct trap_dice *dice, struct sl_buf *to)
{
	sl_buf_str(to, labels[trap_below(dice, SL_LEN(labels))]);
}

void trap_names_path(struct trap_dice *dice, struct sl_buf *to)
{
	sl_buf_str(to, paths[trap_below(dice, SL_LEN(paths))]);
}

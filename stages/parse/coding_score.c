/* SPDX-License-Identifier: Apache-2.0 */
#include "coding_score.h"

#include "pipeline/base/utf8.h"

#include <pthread.h>

enum { JA = 1, ZH_S = 2, ZH_T = 4, KO = 8 };

struct common {
	unsigned bit;
	const char *characters;
};

/* The characters that make up most of any text, and those of notices and offers. */
static const struct common common[] = {
	{ JA, "重要知確認日本人年月大中国会社員様利用情報登録変更新手続支払料金請求額円銀行口座番号"
	      "暗証入力完了"
	      "必要場合方法内容注文商品発送配達届信受取振込株式銘柄投資証券引電話問連絡先下記以上際"
	      "致申願頂戴有難"
	      "御礼客不正検出停止制限解除期時間分後前再度現在第三者対応安全保護管理自動返体何卒宜降"
	      "当件名氏所住平素"
	      "誠今回購買物無特別定割的一事出来見生活気持思言女男子私学校者作成計画書店品質問題点評"
	      "価説明表示設定"
	      "旧字漢条件選択交通道路市区町村都府県務税関係保険契約予約車両能力可否未済対象開始終限"
	      "緊急警告警察法"
	      "決済携帯端末通販送料税込込済引落資産運用無料公式最新詳細参照添付掲載速報案内予貼十暴"
	      "字漢" },
	{ ZH_S, "的一是不了在人有我他这中大来上个国到说们为子和你地出道也时年得就那要下以生会自着去"
		"之过家学对可"
		"她里后小么心多天而能好都然没日于起还发成事只作当想看文无开手十用主行方又如前所本见"
		"经头面公同三"
		"已老从动两长知民样现分将外但身些与高意进把法此实回二理美点月明其种声全工己话儿者向"
		"情部正名定女问"
		"力机给等几很业最间新什打便位因重被走电四第门相次东政海口使教西再平真听世气信北少关"
		"并内加化由却代"
		"军产入先山五太水万市眼体别处总才场师书比住员九笑性通目华报立马命张活难神数件安表原"
		"车白应路期叫死"
		"常提感金何更反合放做系计或司利受光王果亲界及今京务制解各任至清物台象记边共风干接它"
		"许特觉望直服毛"
		"林题建南度统色字请交爱让认算论百吃义科怎元社术结六功指思非流每青管夫连远资队跟带花"
		"快条院变联言权"
		"往展该领传近留红治决周保达办运武半候七必城父强步完革深区即求品士转量空甚众技轻程告"
		"江语英基派满式"
		"李息写呢识极令黄德收脸钱党倒未持取设始版双历越史商千片容研像找友孩站广改议形委早房"
		"音火际则首单据"
		"导影失拿网香似斯专石若兵弟谁校读志飞观争究包组造落视济喜离虽坏兴账户银卡支付验证登"
		"录密码客您尊敬"
		"订裹递异激链击" },
	{ ZH_T, "的一是不了在人有我他這中大來上個國到說們為子和你地出道也時年得就那要下以生會自著去"
		"之過家學對可"
		"她裡後小麼心多天而能好都然沒日於起還發成事只作當想看文無開手十用主行方又如前所本見"
		"經頭面公同三"
		"已老從動兩長知民樣現分將外但身些與高意進把法此實回二理美點月明其種聲全工己話兒者向"
		"情部正名定女問"
		"力機給等幾很業最間新什打便位因重被走電四第門相次東政海口使教西再平真聽世氣信北少關"
		"並內加化由卻代"
		"軍產入先山五太水萬市眼體別處總才場師書比住員九笑性通目華報立馬命張活難神數件安表原"
		"車白應路期常提"
		"感金何更反合放做系計或司利受光王果親界及今京務制解各任至清物台象記邊共風戰帳戶銀卡"
		"支付驗證登錄密"
		"碼客服您尊敬訂單包裹快遞異激連結擊請即收款項費用優惠活動" },
	{ KO, "이다는을의에가고하로지기도를은한사나자어시니인아대라정리일그해수서있원과스게우부성전"
	      "보상주제조만여오구"
	      "무들까습합안내세장요면동경신비유용방회문화마소통중객님계확실등록정결청거래발송배금액"
	      "입출생년월당첨입"
	      "니됩습으미만드리바랍확인함께관련공지알림카드본" },
};

enum { HAN_FIRST = 0x4e00, HAN_LAST = 0x9fff, SYLLABLE_FIRST = 0xac00, SYLLABLE_LAST = 0xd7a3 };

/* Written once, constant from then on: bits of `common` by character. */
static struct {
	pthread_once_t once;
	uint8_t han[HAN_LAST - HAN_FIRST + 1];
	uint8_t syllable[SYLLABLE_LAST - SYLLABLE_FIRST + 1];
} known = { .once = PTHREAD_ONCE_INIT };

static void make_known(void)
{
	for (size_t i = 0; i < SL_LEN(common); i++) {
		struct sl_span s = sl_span_str(common[i].characters);
		uint32_t c;
		for (size_t len; (len = sl_utf8_decode(s, &c)) > 0; s = sl_span_from(s, len)) {
			if (c >= HAN_FIRST && c <= HAN_LAST)
				known.han[c - HAN_FIRST] |= (uint8_t)common[i].bit;
			else if (c >= SYLLABLE_FIRST && c <= SYLLABLE_LAST)
				known.syllable[c - SYLLABLE_FIRST] |= (uint8_t)common[i].bit;
		}
		sl_assert(s.n == 0);
	}
}

/* Points. A two-byte character can earn 30: 15 a byte; a letter of one byte earns up to 12. */
enum { LOSS = -60, ODD = -30 };

static int score_wide(unsigned language, uint32_t c)
{
	if (c >= 0x3041 && c <= 0x30ff)
		return language == JA ? 30 : language == KO ? -15 : -5;
	if (c >= HAN_FIRST && c <= HAN_LAST) {
		if (known.han[c - HAN_FIRST] & language)
			return 30;
		return language == KO ? -10 : language == JA ? 2 : -2;
	}
	if (c >= SYLLABLE_FIRST && c <= SYLLABLE_LAST)
		return language != KO ? ODD : known.syllable[c - SYLLABLE_FIRST] & KO ? 30 : 5;
	if ((c >= 0x3000 && c <= 0x3011) || (c >= 0xff01 && c <= 0xff5e))
		return 20;
	if (c >= 0xff61 && c <= 0xff9f)
		return language == JA ? -4 : ODD;
	if (c >= 0x2010 && c <= 0x266f)
		return 5; /* punctuation, arrows, circled numbers, boxes, stars */
	if ((c >= 0x0370 && c <= 0x04ff) || (c >= 0x3012 && c <= 0x33ff))
		return 0;
	return ODD; /* private use, controls, accents, rare blocks */
}

/* A letter that stands among ASCII is likely; a run of them is not. */
static int score_latin(uint32_t c, uint32_t before, uint32_t after)
{
	static const uint32_t marks[] = { 0xa0, 0xa1, 0xa3, 0xa7, 0xa9, 0xaa, 0xab, 0xad, 0xae,
		0xb0, 0xb4, 0xb7, 0xba, 0xbb, 0xbf, 0x2013, 0x2014, 0x2018, 0x2019, 0x201c, 0x201d,
		0x201e, 0x2022, 0x2026, 0x20ac, 0x2122 };
	for (size_t i = 0; i < SL_LEN(marks); i++)
		if (c == marks[i])
			return 8;
	bool letter =
		(c >= 0xc0 && c <= 0xff && c != 0xd7 && c != 0xf7) || (c >= 0x152 && c <= 0x17e);
	if (!letter)
		return ODD;
	if (before >= 0x80 && after >= 0x80)
		return -10;
	bool capital_inside = c < 0xdf && before >= 'a' && before <= 'z';
	return capital_inside ? -10 : before >= 0x80 || after >= 0x80 ? 2 : 12;
}

static bool is_cyrillic(uint32_t c)
{
	return c >= 0x400 && c <= 0x45f;
}

static int score_cyrillic(uint32_t c, uint32_t before, uint32_t after)
{
	if (!is_cyrillic(c))
		return c == 0xab || c == 0xbb || c == 0xa0 || (c >= 0x2010 && c <= 0x2030) ||
				       c == 0x2116
			       ? 5
			       : ODD;
	if (!is_cyrillic(before) && !is_cyrillic(after))
		return sl_is_alnum((char)(before < 0x80 ? before : 0)) ? -15 : 2;
	if (c >= 0x430 && c <= 0x44f)
		return 10;
	if (c >= 0x410 && c <= 0x42f)
		return before >= 0x430 && before <= 0x44f ? -20 : 6;
	return c == 0x401 || c == 0x451 || c == 0x406 || c == 0x456 ? 6 : -6;
}

static unsigned language_of(enum sl_coding coding)
{
	switch (coding) {
	case SL_CODING_CP932:
	case SL_CODING_EUC_JP:
	case SL_CODING_ISO_2022_JP:
		return JA;
	case SL_CODING_GB18030:
	case SL_CODING_HZ:
		return ZH_S;
	case SL_CODING_BIG5:
		return ZH_T;
	case SL_CODING_CP949:
	case SL_CODING_ISO_2022_KR:
		return KO;
	default:
		return 0;
	}
}

static int score_one(
	enum sl_coding coding, unsigned language, uint32_t c, uint32_t before, uint32_t after)
{
	if (c == 0xfffd) /* loss is counted by the decoder */
		return 0;
	if (c < 0xa0)
		return ODD;
	if (language)
		return score_wide(language, c);
	if (coding == SL_CODING_CP1251 || coding == SL_CODING_KOI8_R || coding == SL_CODING_KOI8_U)
		return score_cyrillic(c, before, after);
	return score_latin(c, before, after);
}

int64_t sl_coding_score(enum sl_coding coding, struct sl_span text, size_t lost)
{
	int failed = pthread_once(&known.once, make_known);
	sl_assert(failed == 0);
	int64_t score = (int64_t)lost * LOSS;
	unsigned language = language_of(coding);
	uint32_t before = 0;
	for (size_t at = 0; at < text.n;) {
		size_t wide = sl_ascii_end(text, at); /* ASCII earns nothing */
		if (wide > at)
			before = (unsigned char)text.p[wide - 1];
		uint32_t c, after;
		size_t len = sl_utf8_decode(sl_span_from(text, wide), &c);
		sl_assert(len > 0 || wide == text.n);
		for (at = wide; len > 0 && c >= 0x80; c = after) {
			at += len;
			after = 0;
			len = sl_utf8_decode(sl_span_from(text, at), &after);
			sl_assert(len > 0 || at == text.n);
			score += score_one(coding, language, c, before, after);
			before = c;
		}
	}
	return score;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "trap_frame.h"

#define META "<meta http-equiv=\"Content-Type\" content=\"text/html; charset=$c\">\n"

/* clang-format off */
const struct trap_frame trap_frames[TRAP_FRAMES] = {
	{ /* a newsletter: tables in tables */
		.open = "<!DOCTYPE html>\n<html>\n<head>\n" META "<title>$t</title>\n"
			"<style type=\"text/css\">\n"
			"body { margin: 0; padding: 0; background-color: #f4f4f4; }\n"
			"table { border-collapse: collapse; }\n"
			".$k { font-family: Arial, Helvetica, sans-serif; font-size: 14px; }\n"
			"@media only screen and (max-width: 600px) { .$k { width: 100% !important; } }\n"
			"</style>\n</head>\n<body>\n"
			"<table width=\"100%\" cellpadding=\"0\" cellspacing=\"0\" border=\"0\" bgcolor=\"#f4f4f4\">\n"
			"<tr><td align=\"center\">\n<table width=\"600\" cellpadding=\"0\" cellspacing=\"0\" "
			"border=\"0\" bgcolor=\"#ffffff\" class=\"$k\">\n",
		.sentence = "<tr><td style=\"padding: 8px 30px; font-family: Arial, sans-serif; "
			"font-size: 14px; line-height: 20px; color: #333333;\">$p</td></tr>\n",
		.call = "<tr><td align=\"center\" style=\"padding: 20px;\"><table border=\"0\"><tr>"
			"<td bgcolor=\"#d9291c\" style=\"border-radius: 4px;\"><a href=\"$u\" target=\"_blank\" "
			"style=\"display: inline-block; padding: 12px 24px; color: #ffffff; "
			"text-decoration: none;\"><b>$l</b></a></td></tr></table></td></tr>\n",
		.extra = "<tr><td style=\"padding: 4px 30px;\"><a href=\"$u\" style=\"color: #0066cc;\">$b</a>"
			"</td></tr>\n",
		.picture = "<tr><td><img src=\"$g\" width=\"600\" height=\"$w\" alt=\"$b\" border=\"0\" "
			"style=\"display: block;\"></td></tr>\n",
		.filler = {
			"<tr><td height=\"$w\" style=\"font-size: 1px; line-height: ${w}px;\" bgcolor=\"#ffffff\">"
			"&nbsp;</td></tr>\n",
			"<tr><td style=\"padding: 0 30px;\"><table width=\"100%\" cellpadding=\"0\" "
			"cellspacing=\"0\" border=\"0\" class=\"$k\"><tr><td width=\"$w\" valign=\"top\" "
			"style=\"border-top: 1px solid #dddddd; font-size: 0;\">&nbsp;</td>"
			"<td width=\"$w\" class=\"$k\">&nbsp;</td></tr></table></td></tr>\n",
			"<tr><td class=\"$k\" align=\"left\" valign=\"top\" style=\"padding-top: ${w}px; "
			"padding-right: ${w}px; mso-line-height-rule: exactly; -webkit-text-size-adjust: 100%;\">"
			"<span class=\"$k\"></span></td></tr>\n",
			"<!--[if mso]><table width=\"$w\"><tr><td><![endif]-->\n"
			"<!--[if mso]></td></tr></table><![endif]-->\n",
			"<tr><td><div class=\"$k\" style=\"width: ${w}px; margin: 0 auto; clear: both;\">"
			"<div class=\"$k\" style=\"float: left; width: ${w}px;\"></div></div></td></tr>\n",
		},
		.legal = "<tr><td style=\"padding: 4px 30px; font-size: 11px; color: #888888;\">$p</td></tr>\n",
		.close = "</table>\n</td></tr>\n</table>\n</body>\n</html>\n",
	},
	{ /* a modern one: boxes */
		.open = "<html lang=\"x\">\n<head>\n" META
			"<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
			"<title>$t</title>\n<style>\n#main-$k { max-width: 560px; margin: 0 auto; }\n"
			".btn-$k { background: #0b5fff; border-radius: 6px; }\np { margin: 0 0 12px; }\n"
			"</style>\n</head>\n<body style=\"font-family: sans-serif\">\n<div id=\"main-$k\">\n"
			"<h1 style=\"font-size: 20px\">$t</h1>\n",
		.sentence = "<p class=\"t-$k\">$p</p>\n",
		.call = "<div style=\"text-align: center\"><a class=\"btn-$k\" href='$u'>$l</a></div>\n",
		.extra = "<p><a href='$u'>$b</a></p>\n",
		.picture = "<div class=\"logo-$k\"><img alt='' src='$g' height='$w'></div>\n",
		.filler = {
			"<div class=\"row-$k\"><div class=\"col-$k\" style=\"min-height: ${w}px\"></div></div>\n",
			"<style>.c-$k { padding: ${w}px ${w}px 0 ${w}px; color: #1f2937; letter-spacing: .02em } "
			".c-$k a:hover { text-decoration: underline }</style>\n",
			"<div role=\"presentation\" style=\"height: ${w}px; background: linear-gradient(90deg, "
			"#eeeeee 0%, #dddddd ${w}%, #cccccc 100%)\"></div>\n",
			"<span style=\"display: inline-block; width: ${w}px\"></span><br>\n",
			"<svg width=\"$w\" height=\"$w\" viewBox=\"0 0 24 24\"><path d=\"M$w 2C6.48 2 2 6.48 2 $w"
			"s4.48 10 10 10 10-4.48 10-10S17.52 2 12 2z\"></path></svg>\n",
		},
		.legal = "<p style=\"font-size: 11px; color: #6b7280\">$p</p>\n",
		.close = "</div>\n</body>\n</html>\n",
	},
	{ /* a word processor's */
		.open = "<html>\n<head>\n" META "<meta name=\"Generator\" content=\"Document Writer 15\">\n"
			"<style><!--\n/* Font Definitions */\n@font-face\n\t{font-family:\"Calm Text\";\n"
			"\tpanose-1:2 15 5 2 2 2 4 3 2 4;}\np.MsoNormal, li.MsoNormal, div.MsoNormal\n"
			"\t{margin:0cm;\n\tfont-size:11.0pt;\n\tfont-family:\"Calm Text\",sans-serif;}\n"
			"span.$k\n\t{mso-style-type:personal-compose;\n\tcolor:windowtext;}\n--></style>\n"
			"</head>\n<body lang=\"X\" link=\"#0563C1\" vlink=\"#954F72\">\n"
			"<div class=\"WordSection1\">\n",
		.sentence = "<p class=\"MsoNormal\"><span style='font-size:11.0pt;color:#1F497D'>$p"
			"<o:p></o:p></span></p>\n",
		.call = "<p class=\"MsoNormal\"><span lang=\"X\"><a href=\"$u\"><b><span style='color:red'>"
			"$l</span></b></a><o:p></o:p></span></p>\n",
		.extra = "<p class=\"MsoNormal\"><a href=\"$u\">$b</a></p>\n",
		.picture = "<p class=\"MsoNormal\"><img border=0 width=$w height=60 src=\"$g\"></p>\n",
		.filler = {
			"<p class=\"MsoNormal\"><o:p>&nbsp;</o:p></p>\n",
			"<p class=\"MsoNormal\" style='margin-left:${w}.0pt;text-indent:-18.0pt;"
			"mso-list:l0 level1 lfo$w'><span style='mso-list:Ignore'><span style='font:7.0pt "
			"\"Times\"'>&nbsp;</span></span><o:p></o:p></p>\n",
			"<table class=\"MsoNormalTable\" border=0 cellspacing=0 cellpadding=0 width=$w "
			"style='width:${w}.0pt;border-collapse:collapse'><tr style='height:${w}.0pt'>"
			"<td width=$w valign=top style='padding:0cm 5.4pt 0cm 5.4pt'></td></tr></table>\n",
			"<div style='border:none;border-top:solid #E1E1E1 1.0pt;padding:${w}.0pt 0cm 0cm 0cm'>"
			"<span class=$k></span></div>\n",
			"<b style='mso-bidi-font-weight:normal'><span style='mso-spacerun:yes'></span></b>\n",
		},
		.legal = "<p class=\"MsoNormal\"><span style='font-size:8.0pt;color:gray'>$p</span></p>\n",
		.close = "</div>\n</body>\n</html>\n",
	},
	{ /* a form in the mail itself */
		.open = "<HTML><HEAD>" META "<TITLE>$t</TITLE></HEAD>\n"
			"<BODY BGCOLOR=#FFFFFF><CENTER><FONT FACE=verdana SIZE=2>\n",
		.sentence = "<P ALIGN=left>$p\n",
		.call = "<FORM METHOD=post ACTION=\"$f\" NAME=f$k>\n<INPUT TYPE=hidden NAME=k VALUE=$k>\n"
			"<INPUT TYPE=text NAME=user SIZE=$w><INPUT TYPE=password NAME=pass><BR>\n"
			"<INPUT TYPE=submit VALUE=\"$l\"></FORM>\n<A HREF=$u>$l</A><BR>\n",
		.extra = "<A HREF=$u>$b</A><BR>\n",
		.picture = "<IMG SRC=$g HEIGHT=$w BORDER=0><BR>\n",
		.filler = {
			"<TABLE BORDER=0 WIDTH=$w CELLPADDING=0><TR><TD NOWRAP BGCOLOR=#EEEEEE HEIGHT=$w></TD>"
			"<TD WIDTH=$w></TD></TR></TABLE>\n",
			"<FONT COLOR=#FFFFFF SIZE=1></FONT><BR>\n",
			"<INPUT TYPE=hidden NAME=x$k VALUE=$k$k>\n",
			"<HR NOSHADE SIZE=1 WIDTH=$w ALIGN=center COLOR=#CCCCCC>\n",
			"<SPAN ID=$k CLASS=$k STYLE=\"position: absolute; left: -${w}px; visibility: hidden\">"
			"</SPAN>\n",
		},
		.legal = "<P ALIGN=left><FONT SIZE=1 COLOR=#888888>$p</FONT>\n",
		.close = "</FONT></CENTER></BODY></HTML>\n",
	},
};
/* clang-format on */

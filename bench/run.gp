# SPDX-License-Identifier: Apache-2.0
# Bars: microseconds of CPU a mail. From bench/plot: data, last (column), picture.
set terminal svg size 860,420 font "sans-serif,12" background rgb "white"
set output picture
set style data histograms
set style fill solid 0.85 border -1
set logscale y
set grid ytics
set ylabel "µs of CPU a mail"
set key outside right
plot for [i=2:last] data using i:xtic(1) title columnheader(i)

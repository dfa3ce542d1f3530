# SPDX-License-Identifier: Apache-2.0
# Points and the fitted power law. From bench/plot: data, against, exponent, picture.
set terminal svg size 560,380 font "sans-serif,12" background rgb "white"
set output picture
set logscale xy
set grid
set xlabel against
set ylabel "CPU s, start-up taken off"
set key top left
set offsets graph 0.05, graph 0.05, graph 0.15, graph 0.15
stats data using (log($1)):(log($2)) nooutput
scale = exp(STATS_mean_y - exponent * STATS_mean_x)
plot data using 1:2 with points pointtype 7 title "measured", \
	scale * x ** exponent with lines title sprintf("exponent %.3f", exponent)

# SPDX-License-Identifier: GPL-2.0-only
# Draws each DIR/*.lines and DIR/*.bars, which charts.py writes, as an SVG beside it:
# gnuplot -c plots.gp DIR
set terminal svg noenhanced size 760,480 background "white"
set key outside bottom center horizontal
set grid ytics
set style fill solid 0.6

files(kind) = system("find '".ARG1."' -name '*.".kind."'")
head(file, what) = system("sed -n 's/^# ".what.": //p' '".file."'")

do for [kind in "lines bars"] {
	do for [file in files(kind)] {
		set output file[:strlen(file) - strlen(kind) - 1].".svg"
		set title head(file, "title")
		set ylabel head(file, "unit")
		x = head(file, "x")
		set xlabel x
		unset logscale
		set yrange [0:*]
		if (head(file, "log") eq "y") { set yrange [*:*]; set logscale y }
		if (kind eq "bars") {
			set format x "%g"
			set xtics rotate by 90 right font ",10"
			set offsets 0.3, 0.3, 0, 0
			set bmargin 14
			plot file using 0:2:3:4:(0.7):xticlabels(1) with boxerrorbars notitle
		} else {
			set xtics norotate autofreq font ",12"
			unset offsets
			unset bmargin
			set format x "%g"
			if (x[1:5] eq "bytes") { set logscale x 2; set format x "%.0b %BB" }
			plot for [i = 0:*] file index i using 1:2:3:4 with yerrorlines title columnheader(1)
		}
	}
}

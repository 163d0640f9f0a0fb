# SPDX-License-Identifier: GPL-2.0-only
# KTAP of KUnit, out of a kernel's log with its times, into flat TAP: a line for
# each test, or for each parameter of one that has parameters. Suites are named in
# the variable suites. The log's last line is the exit status of what made it.

BEGIN {
	status = "none"
}

function report(good, name, took) {
	number++
	if (good && name ~ /# SKIP/)
		skipped++
	else if (good)
		passed++
	else
		failed++
	print (good ? "ok " : "not ok ") number " - " name
	if (took != "")
		printf "# time=%.3f s\n", took
}

# Since the result before.
function lap(  took) {
	took = now - last
	last = now
	return took
}

# Drops "ok 12 " and, of a test's own line, what it is indented by.
function name_in(line) {
	sub(/^ *(not )?ok [0-9]+ (- )?/, "", line)
	return line
}

/^vm-status / {
	status = $2
	next
}

# What the kernel says of the time, and not all of it has one.
/^\[ *[0-9]+\.[0-9]+\] / {
	now = substr($0, 2) + 0
	sub(/^\[ *[0-9]+\.[0-9]+\] /, "")
}

/^    # Subtest: / {
	suite = $3
	last = now
	print "# begins " suite
	planned = seen = parameters = bad = 0
	next
}

/^    1\.\.[0-9]+/ {
	planned = substr($1, 4) + 0
	next
}

/^        # Subtest: / || /^        1\.\.[0-9]+$/ || /^ *KTAP version / {
	next
}

/^        (not )?ok [0-9]+ / {
	good = $1 == "ok"
	bad += !good
	held[++parameters] = good
	laps[parameters] = lap()
	said[parameters] = name_in($0)
	next
}

/^    (not )?ok [0-9]+ / {
	good = $1 == "ok"
	test = suite "." name_in($0)
	for (i = 1; i <= parameters; i++)
		report(held[i], test ": " said[i], laps[i])
	if (!parameters || (!good && !bad))
		report(good, test, lap())
	seen++
	parameters = bad = 0
	next
}

/^(not )?ok [0-9]+ / {
	suite = name_in($0)
	ended[suite] = 1
	if (!planned || seen != planned)
		report(0, suite ": " seen + 0 " of " planned + 0 " tests")
	suite = ""
	planned = seen = 0
	next
}

# Why a test has failed; not what the core says of the failures it is made to see.
suite && !/vfmig-kunit: vfmig: |callbacks suppressed/ && !/(pass|fail):[0-9]+ / {
	print "# " $0
}

END {
	wanted = split(suites, names, " ")
	for (i = 1; i <= wanted; i++)
		if (!(names[i] in ended))
			report(0, names[i] ": did not run to its end")
	if (!wanted)
		report(0, "there are no suites")
	report(status == 0, "kernel: nothing to complain of, and the modules can be unloaded")
	print "1.." number
	print passed + 0 " passed, " failed + 0 " failed, " skipped + 0 " skipped"
	exit failed > 0
}

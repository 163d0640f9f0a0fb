# SPDX-License-Identifier: GPL-2.0-only
# KTAP of KUnit, out of a kernel's log, into flat TAP: a line for each test, or
# for each parameter of one that has parameters. Suites are named in the
# variable suites, the exit status of what made the log in status.

function report(good, name) {
	number++
	if (good && name ~ /# SKIP/)
		skipped++
	else if (good)
		passed++
	else
		failed++
	print (good ? "ok " : "not ok ") number " - " name
}

# Drops "ok 12 " and, of a test's own line, what it is indented by.
function name_in(line) {
	sub(/^ *(not )?ok [0-9]+ (- )?/, "", line)
	return line
}

/^    # Subtest: / {
	suite = $3
	planned = seen = parameters = bad = 0
	next
}

/^    1\.\.[0-9]+/ {
	planned = substr($1, 4) + 0
	next
}

/^        # Subtest: / || /^ *KTAP version / {
	next
}

/^        (not )?ok [0-9]+ / {
	good = $1 == "ok"
	bad += !good
	held[++parameters] = good
	said[parameters] = name_in($0)
	next
}

/^    (not )?ok [0-9]+ / {
	good = $1 == "ok"
	test = suite "." name_in($0)
	for (i = 1; i <= parameters; i++)
		report(held[i], test ": " said[i])
	if (!parameters || (!good && !bad))
		report(good, test)
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

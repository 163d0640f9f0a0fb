# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# A private apt: the machine's mirrors and proxies, Debian's suites, and no
# trace in the machine's own apt.

debian_keyring=/usr/share/keyrings/debian-archive-keyring.gpg

# Prints "URI SUITE" for each binary source the machine knows, in either format.
machine_sources() {
	local etc file
	etc=$(apt-config shell d Dir::Etc/d)
	etc=${etc#d=\'}
	etc=${etc%\'}
	for file in "$etc"/sources.list "$etc"/sources.list.d/*.list; do
		[[ -r $file ]] || continue
		sed -nE 's/^[[:space:]]*deb[[:space:]]+(\[[^]]*\][[:space:]]*)?([^[:space:]]+)[[:space:]]+([^[:space:]]+).*/\2 \3/p' "$file"
	done
	for file in "$etc"/sources.list.d/*.sources; do
		[[ -r $file ]] || continue
		awk '
			function flush(  i, j, n, m, u, s) {
				n = split(uris, u); m = split(suites, s)
				for (i = 1; i <= n && on; i++)
					for (j = 1; j <= m; j++)
						print u[i], s[j]
				uris = suites = ""; on = 1
			}
			BEGIN { on = 1 }
			/^#/ { next }
			/^[ \t]*$/ { flush(); field = ""; next }
			/^[^ \t:]+:/ {
				field = tolower($1); sub(/:.*/, "", field)
				sub(/^[^:]*:/, "")
			}
			field == "uris" { uris = uris " " $0 }
			field == "suites" { suites = suites " " $0 }
			field == "enabled" && /no/ { on = 0 }
			END { flush() }' "$file"
	done
}

debian_suites='(buster|bullseye|bookworm|trixie|forky|duke|sid|oldoldstable|oldstable|stable|testing|unstable)'

# mirror_of VARIABLE SUFFIXES: where the machine gets suites with one of these
# suffixes from, unless the variable says otherwise.
mirror_of() {
	local variable=$1 suffixes=$2 mirror
	mirror=${!variable:-$(machine_sources |
		awk -v r="^$debian_suites$suffixes\$" '$1 !~ /^cdrom:/ && $2 ~ r { print $1; exit }')}
	[[ -n $mirror ]] || die "this machine's apt names no such mirror: set $variable to a Debian mirror's URL"
	printf '%s' "$mirror"
}

write_sources() {
	local suite=$1 main security signed="[signed-by=$debian_keyring arch=amd64]"
	main=$(mirror_of VFMIG_MIRROR '(-updates|-backports)?')
	security=$(mirror_of VFMIG_SECURITY_MIRROR '(-security|/updates)')
	say "package lists of $suite from $main and $security"
	printf 'deb %s %s %s main\n' \
		"$signed" "$main" "$suite" \
		"$signed" "$main" "$suite-updates" \
		"$signed" "$security" "$suite-security"
	# An older suite's backports have gone to the archive.
	[[ $suite == bullseye ]] ||
		printf 'deb %s %s %s main\n' "$signed" "$main" "$suite-backports"
}

# apt_open SUITE DIR: from here on apt_do works on that suite, state in DIR.
apt_open() {
	local suite=$1 dir=$2
	need apt-get apt-cache apt-config dpkg-deb
	[[ -r $debian_keyring ]] ||
		die "no $debian_keyring: install debian-archive-keyring"
	apt_config=$dir/apt.conf
	[[ -e $dir/ready ]] && return
	mkdir -p "$dir"/{lists,archives,etc,state}
	: >"$dir/status"
	write_sources "$suite" >"$dir/sources.list"
	{
		# Proxies and the like; not the hooks, which act on the machine.
		apt-config dump | grep '^Acquire::' || true
		cat <<-CONF
			APT::Architecture "amd64";
			APT::Architectures { "amd64"; };
			APT::Install-Recommends "0";
			APT::Get::Assume-Yes "1";
			quiet "2";
			APT::Sandbox::User "";
			APT::Update::Error-Mode "any";
			Acquire::Languages "none";
			Acquire::Retries "3";
			Dir::Etc::main "$dir/etc/none";
			Dir::Etc::parts "$dir/etc";
			Dir::Etc::sourcelist "$dir/sources.list";
			Dir::Etc::sourceparts "$dir/etc";
			Dir::Etc::preferences "$dir/etc/none";
			Dir::Etc::preferencesparts "$dir/etc";
			Dir::State "$dir/state";
			Dir::State::lists "$dir/lists";
			Dir::State::status "$dir/status";
			Dir::Cache "$dir";
			Dir::Cache::archives "$dir/archives";
			Dir::Cache::pkgcache "$dir/pkgcache.bin";
			Dir::Cache::srcpkgcache "";
			Dir::Log "$dir";
		CONF
	} >"$apt_config"
	apt_update "$suite" "$dir/sources.list"
	touch "$dir/ready"
}

# The index of source packages, too.
apt_open_sources() {
	local sources
	sources=$(dirname "$apt_config")/sources.list
	! grep -q '^deb-src ' "$sources" || return 0
	sed -i '/-backports /!{p;s/^deb /deb-src /}' "$sources"
	apt_do apt-get update
}

# A suite's backports are gone from the mirrors long before the suite is.
apt_update() {
	local suite=$1 sources=$2
	! apt_try apt-get update >/dev/null || return 0
	if apt_has_backports "$suite"; then
		sed -i "/ $suite-backports /d" "$sources"
		apt_do apt-get update
		say "this mirror has no $suite-backports any more"
	else
		apt_do apt-get update
	fi
}

apt_has_backports() {
	grep -q " $1-backports " "$(dirname "$apt_config")/sources.list"
}

# apt_target SUITE: apt's option for the backports of that suite, a word a line,
# if there are any.
apt_target() {
	! apt_has_backports "$1" || printf '%s\n' -t "$1-backports"
}

apt_try() {
	APT_CONFIG=$apt_config "$@" 2>&1
}

# apt prints its reasons only when something is wrong.
apt_do() {
	local program=$1 log
	if ! log=$(apt_try "$@"); then
		printf '%s\n' "$log" >&2
		die "$program $2 failed: is the mirror reachable? (VFMIG_MIRROR, VFMIG_SECURITY_MIRROR override it)"
	fi
	[[ -z $log ]] || printf '%s\n' "$log"
}

# Names the files of a package set with everything it depends on.
apt_closure() {
	apt_do apt-get --print-uris install "$@" | awk '/^\x27/ { print $2 }' | sort
}

apt_download_closure() {
	local to=$1
	shift
	mkdir -p "$to/partial"
	apt_do apt-get --download-only -o "Dir::Cache::archives=$to" install "$@" >/dev/null
}

apt_download() {
	local to=$1
	shift
	mkdir -p "$to"
	(cd "$to" && apt_do apt-get download "$@" >/dev/null)
}

apt_depends() {
	apt_do apt-cache depends "$1" | awk '$1 == "Depends:" { print $2 }'
}

#!/bin/bash
# debian-root.sh SUITE MIRROR TARGET WORK PACKAGE…
#
# Downloads PACKAGEs of a Debian suite with all they depend on, checks their signatures and unpacks
# them into the new folder TARGET. Nothing is installed: apt works on lists, caches and an empty
# package status of its own inside the folder WORK, and no package's scripts are run. TARGET
# appears in one step when it is complete; when two runs want it, one makes it and the other waits.
set -eu
suite=$1 mirror=$2 target=$3 work=$4
packages=("${@:5}")

# The lock is the kernel's: it is given back whatever happens to this process.
exec 9>"$target.lock"
flock 9
[ ! -e "$target" ] || exit 0

# What a machine that went down has left. Another run may wait with such a folder of its own, still
# empty, and makes it anew when its turn comes.
for leftover in "$target".part-*; do
  [ "$leftover" = "$work" ] || rm -rf -- "$leftover"
done

mkdir -p "$work"/{lists,archives}/partial "$work/root"
touch "$work/status"
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
echo "deb [signed-by=$keyring] $mirror $suite main" >"$work/sources.list"

private_apt() {
  apt-get --quiet --yes --no-install-recommends \
    -o Dir::State="$work" -o Dir::State::lists="$work/lists" -o Dir::State::status="$work/status" \
    -o Dir::Cache="$work" -o Dir::Cache::archives="$work/archives" \
    -o Dir::Etc::sourcelist="$work/sources.list" -o Dir::Etc::sourceparts=/dev/null \
    -o Dir::Etc::preferences=/dev/null -o Dir::Etc::preferencesparts=/dev/null \
    -o APT::Sandbox::User= -o APT::Default-Release= -o APT::Keep-Downloaded-Packages=true \
    -o Acquire::Languages=none -o Acquire::Retries=3 "$@"
}
private_apt -o APT::Update::Error-Mode=any update
private_apt --download-only install "${packages[@]}"

# Two at a time: most of the work is decompression.
find "$work/archives" -name '*.deb' -print0 | xargs -0 -n 1 -P 2 sh -c 'dpkg-deb --extract "$2" "$1"' - "$work/root"
(cd "$work/archives" && echo *.deb | tr ' ' '\n') >"$work/root/packages.txt"

# No program here is meant to give anybody the rights of its owner.
find "$work/root" -type f -perm /6000 -exec chmod u-s,g-s {} +
rm -rf "$work"/root/usr/share/{doc,man,locale}
mv "$work/root" "$target"

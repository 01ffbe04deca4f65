#!/bin/sh
# Installs the Debian packages the build needs, or prints the line that does when it may not.
set -eu
missing=""
for package in libopenblas-dev libsqlite3-dev libyaml-dev pkg-config "$@"; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q "ok installed" || missing="$missing $package"
done
[ -z "$missing" ] && exit 0
if [ "$(id -u)" -eq 0 ]; then
    echo "installing:$missing"
    apt-get update -qq
    # shellcheck disable=SC2086
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
else
    echo "missing packages; run this, then try again:" >&2
    echo "  sudo apt-get install -y$missing" >&2
    exit 1
fi

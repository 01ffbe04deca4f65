#!/bin/sh
# Prints a Python of a scratch environment below .build that has some packages; makes it, or mends it, when it does not.
#
#   scripts/scratch-python.sh NAME PACKAGE...        e.g. optuna 'optuna>=5' scipy; 'a|b' takes the first that installs
#
# The first words of a requirement, up to a sign, are what is imported to see whether it is there.
set -eu
folder=$(cd "$(dirname "$0")/.." && pwd)/.build/$1
shift
python=$folder/bin/python

has() { "$python" -c "import $1" >/dev/null 2>&1; }

# A folder without pip is left behind where the system's Python has no ensurepip, or by an interrupt.
if ! "$python" -m pip --version >/dev/null 2>&1; then
    rm -rf "$folder"
    mkdir -p "$(dirname "$folder")"
    python3 -m venv "$folder" >&2 || {
        echo "scratch-python: 'python3 -m venv' failed; on Debian: apt-get install python3-venv" >&2
        exit 1
    }
fi
for wanted; do
    module=${wanted%%[!a-z_]*}
    has "$module" && continue
    echo "installing $module into ${folder##*/}" >&2
    rest=$wanted
    while [ -n "$rest" ]; do
        one=${rest%%|*}
        "$python" -m pip install --quiet "$one" >/dev/null 2>&1 && break
        case $rest in *'|'*) rest=${rest#*|} ;; *) rest= ;; esac
    done
    has "$module" || {
        echo "scratch-python: '$module' cannot be installed: is a package index reached?" >&2
        exit 1
    }
done
echo "$python"

# checks.sh - what the tests of the command line tool check with; sourced by them.
#
# Gives a folder of its own, $dir, gone in the end, and counts in $passed and $failed. A test sets
# $jieda, calls run, checks what it left, and ends with `finish`.
passed=0
failed=0
dir=$(mktemp -d) || exit 2
trap 'rm -rf "$dir"' EXIT
trap 'exit 130' INT TERM

pass() {
    passed=$((passed + 1))
}

fail() {
    failed=$((failed + 1))
    echo "FAILED: $1"
    sed 's/^/    out: /' "$dir/out" | head -5
    sed 's/^/    err: /' "$dir/err" | head -5
}

# run ARGS: runs the tool with the standard input of the caller; leaves out, err, code.
run() {
    "$jieda" "$@" >"$dir/out" 2>"$dir/err"
    code=$?
}

# is NAME WANTED GOT
is() {
    if [ "$2" = "$3" ]; then pass; else fail "$1: wanted '$2', got '$3'"; fi
}

# holds NAME COMMAND...: the command succeeds.
holds() {
    held=$1
    shift
    if "$@" >/dev/null 2>&1; then pass; else fail "$held"; fi
}

exits() { is "$1: exit code" "$2" "$code"; }
says() { holds "$1: no '$2' on stdout" grep -q -e "$2" "$dir/out"; }
notes() { holds "$1: no '$2' on stderr" grep -q -e "$2" "$dir/err"; }
complains() { notes "$1" "^jieda: .*$2"; }
silent() { is "$1: bytes on stderr" 0 "$(wc -c <"$dir/err" | tr -d ' ')"; }
lines() { is "$1: lines" "$2" "$(wc -l <"$dir/out" | tr -d ' ')"; }

finish() {
    echo "$passed passed, $failed failed"
    [ "$failed" -eq 0 ]
    exit
}

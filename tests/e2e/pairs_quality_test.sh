#!/bin/sh
# pairs_quality_test.sh JIEDA FOLDER - untrained scores on labelled pairs, where they are: the order must
# not fall below what was promised. Research sets that may not stand in this repository lie beside it;
# without them the test is skipped (exit 77). What training adds takes minutes and is measured apart.
set -u
jieda=$1
pairs=$2/pairs/LCQMC_dev.heldout.tsv
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

if [ ! -f "$pairs" ]; then
    echo "skipped: no labelled pairs in $2/pairs"
    exit 77
fi
"$jieda" compare "$pairs" >"$dir/out" 2>"$dir/err"
code=$?
cat "$dir/err"
if [ $code -ne 0 ]; then
    echo "FAILED: exit code $code"
    exit 1
fi
if [ "$(wc -l <"$dir/out")" -ne "$(awk 'END { print NR }' "$pairs")" ]; then
    echo "FAILED: not one score a line"
    exit 1
fi
if ! awk '$1 == "Spearman" { found = $2 >= 0.45 } END { exit !found }' "$dir/err"; then
    echo "FAILED: Spearman below 0.45"
    exit 1
fi

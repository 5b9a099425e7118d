#!/bin/sh
# quality_test.sh JIEDA WALLET_KB FOLDER - the labelled sets, where they are: answers must not fall below
# what was promised. Research sets that may not stand in this repository lie beside it; without them the
# test is skipped (exit 77).
set -u
jieda=$1
kb=$2
sets=$3
passed=0
failed=0
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

if [ ! -f "$sets/wallet-dev.tsv" ]; then
    echo "skipped: no labelled sets in $sets"
    exit 77
fi

# check TITLE COMMAND...: shows what was printed when the command fails.
check() {
    title=$1
    shift
    if "$@" >"$dir/out" 2>&1; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAILED: $title"
        cat "$dir/out"
    fi
}

check 'wallet pack on the development set' \
    "$jieda" eval -k "$kb" "$sets/wallet-dev.tsv" \
    --min-top1 0.92 --min-top3 0.97 --min-answered-right 0.80 --max-wrong 3

check 'urgent messages' \
    "$jieda" eval -k "$kb" "$sets/urgent-dev.tsv" --min-recall 1 --max-false-alarms 0.1
check 'conversations' \
    "$jieda" eval -k "$kb" "$sets/dialogs-dev.jsonl" --min-turns 0.9

# MIN is the R@1 of plain BM25 over characters and character pairs on the same files.
while read -r name min; do
    "$jieda" build "$sets/retrieval/$name.kb.tsv" -o "$dir/$name.kb" >/dev/null 2>&1
    check "order on $name" \
        "$jieda" eval -k "$dir/$name.kb" "$sets/retrieval/$name.queries.tsv" --min-top1 "$min"
done <<END
AFQMC_train.heldout 0.114
BQ_corpus_dev.heldout 0.254
LCQMC_dev.heldout 0.967
END
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]

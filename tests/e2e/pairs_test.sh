#!/bin/sh
# pairs_test.sh - `jieda train` and `jieda compare` from outside: lines, streams, exit codes, help.
#
#   pairs_test.sh path/to/jieda
#
# Scores are checked for order and form, not for value. Every training here is of a few pairs, so it is
# short and knows little. Ends with "N passed, N failed"; exit status 1 if one failed.

if [ $# -ne 1 ]; then
    echo "usage: $0 JIEDA" >&2
    exit 2
fi
jieda=$1
# shellcheck source=tests/e2e/checks.sh
. "$(dirname "$0")/checks.sh"

exec </dev/null # nothing here is read from standard input

absent() { holds "$1: $2 is there" test ! -e "$dir/$2"; }
only() { is "$1: files" "$2" "$(ls "$dir/made" | tr '\n' ' ')"; }

# Every line of out is a number from 0 to 1.
numbers() {
    if awk '!/^[0-9.]+(e-?[0-9]+)?$/ || $1 < 0 || $1 > 1 { exit 1 }' "$dir/out"; then
        pass
    else
        fail "$1: not a number from 0 to 1"
    fi
}

score() { # score N: the score in that line of out
    sed -n "$1p" "$dir/out"
}

above() { # above NAME LINE OTHER: the score of one line is higher than that of the other
    if awk -v a="$(score "$2")" -v b="$(score "$3")" 'BEGIN { exit !(a + 0 > b + 0) }'; then
        pass
    else
        fail "$1: line $2 is not above line $3"
    fi
}

# ---- fixtures ----------------------------------------------------------------------------------

mkdir "$dir/made"
printf '%s\t%s\t%s\n' 怎么退款 如何退款 1 怎么退款 怎么提现 0 我要退钱 怎么退款 1 \
    几点开门 营业时间 1 几点开门 能开发票吗 0 绑定银行卡 解绑银行卡 0 >"$dir/pairs.tsv"
cat >"$dir/pack.json" <<'JSON'
{"format": 1, "name": "tiny", "title": {"zh": "小店"}, "languages": ["zh"],
 "lexicon": {"format": 1, "language": "zh", "synonyms": [["小店币", "店币"]]},
 "entries": [
 {"id": "hours", "title": {"zh": "营业时间"}, "questions": {"zh": ["几点开门", "营业到几点"]},
  "answers": [{"lang": "zh", "text": "九点。"}]},
 {"id": "coin", "title": {"zh": "小店币"}, "questions": {"zh": ["小店币是什么", "怎么用店币"]},
  "answers": [{"lang": "zh", "text": "一种积分。"}]}]}
JSON

# ---- help and usage ----------------------------------------------------------------------------

for command in train compare; do
    run help $command
    exits "help $command" 0
    says "help $command" "Usage: jieda $command .*PAIRS.tsv"
    says "help $command" "question TAB question"
    silent "help $command"
    cp "$dir/out" "$dir/help"
    run $command --help
    exits "$command --help" 0
    holds "$command --help is not help $command" cmp "$dir/out" "$dir/help"
    run help
    says "help" "^  $command "
    run $command --nonsense-option
    exits "$command with an unknown option" 2
    complains "$command with an unknown option" "nonsense"
done
run train "$dir/pairs.tsv"
exits "train without -o" 2
complains "train without -o" "add -o FILE"
run train -o "$dir/made/model"
exits "train without inputs" 2
for value in 0 17 -1 x; do
    run train "$dir/pairs.tsv" -o "$dir/made/model" --threads=$value
    exits "train --threads $value" 2
done
run train "$dir/pairs.tsv" -o "$dir/made/model" --seed=x
exits "train --seed x" 2
run compare
exits "compare without a list" 2
run compare "$dir/pairs.tsv" "$dir/pairs.tsv"
exits "compare of two lists" 2
only "usage" ""

# ---- compare without a model -------------------------------------------------------------------

run compare "$dir/pairs.tsv"
exits "compare" 0
lines "compare" 6
numbers "compare"
above "compare: the same in other words" 1 2
for figure in '^pairs 6$' '^Spearman -\{0,1\}[01]\.[0-9]*$' '^AUROC [01]\.[0-9]*$' \
    '^best F1 [01]\.[0-9]* (score >= [0-9.e-]*)$'; do
    notes "compare: figures" "$figure"
done
cp "$dir/out" "$dir/scores"
run compare "$dir/pairs.tsv"
holds "compare: another time, other scores" cmp "$dir/out" "$dir/scores"

# Enough digits that close scores stay in order.
printf '怎么退款\t退款怎么弄呀\n怎么退款到银行卡\t退款在哪里\n在哪里退款\t退款几天\n' >"$dir/digits.tsv"
run compare "$dir/digits.tsv"
silent "compare of pairs without labels"
is "scores of at least six significant digits" 3 \
    "$(grep -c '^0\.0*[1-9][0-9]\{5,\}$' "$dir/out")"

printf '怎么退款\t怎么退款\n怎么退款\t何时开门\n怎么退款\t\n\t\n' >"$dir/ends.tsv"
run compare "$dir/ends.tsv"
lines "equal and strange questions" 4
numbers "equal and strange questions"
is "equal questions" 1 "$(score 1)"
is "a question and nothing" 0 "$(score 3)"
is "nothing and nothing" 0 "$(score 4)"

# One line out for each line in, whatever it holds.
{
    printf '怎么退款\t如何退款\r\n' # 1
    printf 'no tab here\n'
    printf '\n'
    printf '\r\n'
    printf '\xe9\x80\x80\xff\xfe\t\x80\xe6\n' # 5: ill-formed UTF-8
    printf 'a\0b\ta\0b\n'
    printf '怎么退款\t如何退款\t\t more\tcolumns\n'
    head -c 200000 /dev/zero | tr '\0' a
    printf '\tb\n'
    printf '怎么退款\t如何退款' # 9: no line end
} >"$dir/odd.tsv"
run compare "$dir/odd.tsv"
exits "odd lines" 0
lines "odd lines" 9
numbers "odd lines"
is "odd lines: CRLF is no difference" "$(score 1)" "$(score 9)"
is "odd lines: further columns are no difference" "$(score 1)" "$(score 7)"
for line in 2 3 4 8; do
    is "odd lines: line $line has no score" 0 "$(score $line)"
    complains "odd lines" "odd.tsv:$line: .*its score is 0"
done
is "odd lines: complaints" 4 "$(grep -c . "$dir/err")"

: >"$dir/none.tsv"
run compare "$dir/none.tsv"
exits "an empty list" 0
lines "an empty list" 0
silent "an empty list"
yes 'no tab' 2>/dev/null | head -1000 >"$dir/many.tsv"
run compare "$dir/many.tsv"
lines "a thousand bad lines" 1000
holds "a thousand bad lines: as many complaints" test "$(grep -c . "$dir/err")" -le 20

printf '怎么退款\t如何退款\t1\n怎么退款\t怎么提现\n' >"$dir/half.tsv"
run compare "$dir/half.tsv"
exits "not every line has a label" 0
lines "not every line has a label" 2
notes "not every line has a label" "1 of 2 lines have a label"
printf '怎么退款\t如何退款\t4.5\n怎么退款\t怎么提现\t1\n退款\t开门\t0\n' >"$dir/degrees.tsv"
run compare "$dir/degrees.tsv"
notes "degrees" "^Spearman 1\.0*$"
is "degrees: no AUROC" 0 "$(grep -c AUROC "$dir/err")"

run compare "$dir/pairs.tsv" --json
exits "compare --json" 0
lines "compare --json" 1
says "compare --json" \
    '^{"pairs":6,"spearman":[-0-9.]*,"auroc":[0-9.]*,"best_f1":[0-9.]*,"best_f1_threshold":[0-9.e-]*}$'
silent "compare --json"
run compare "$dir/degrees.tsv" --json
says "compare --json of degrees" '^{"pairs":3,"spearman":1}$'
run compare "$dir/half.tsv" --json
exits "compare --json without labels" 2
lines "compare --json without labels" 0
complains "compare --json without labels" "--json"
run compare "$dir/nosuch.tsv"
exits "compare of no file" 3
complains "compare of no file" "nosuch.tsv: .*; "

# ---- train -------------------------------------------------------------------------------------

run train "$dir/pairs.tsv" -o "$dir/made/model" --seed 5 --threads 2
exits "train" 0
lines "train" 1
says "train" "model: 9 questions, 6 pairs (3 mean the same), [0-9]* epochs, AUROC [01]\.[0-9]*, "
silent "train"
only "train" "model "
run train "$dir/pairs.tsv" --seed=5 --threads=1 -o "$dir/made/again"
holds "train: the same seed, another model" cmp "$dir/made/model" "$dir/made/again"
rm "$dir/made/again"
run compare "$dir/pairs.tsv" --model "$dir/made/model"
exits "compare --model" 0
lines "compare --model" 6
numbers "compare --model"
notes "compare --model" "^Spearman "
run compare "$dir/odd.tsv" --model "$dir/made/model"
exits "compare --model: odd lines" 0
lines "compare --model: odd lines" 9
numbers "compare --model: odd lines"

printf '怎么退款\t如何退款\t1\n怎么退款\t怎么提现\nno tab\n怎么退款\t怎么提现\t0\n' >"$dir/bad.tsv"
run train "$dir/bad.tsv" -o "$dir/made/bad"
exits "train: unlabelled lines" 1
notes "train: unlabelled lines" "bad.tsv:2: error\[bad-pair\]: .*; "
notes "train: unlabelled lines" "bad.tsv:3: error\[bad-pair\]: .*; "
complains "train: unlabelled lines" "2 errors"
printf '怎么退款\t怎么提现\t0\n' >"$dir/negative.tsv"
run train "$dir/negative.tsv" -o "$dir/made/bad"
exits "train: no positives" 1
complains "train: no positives" "nothing to learn from"
printf '{"utterance": "几点关门", "entry": "hours", "right": 1}\n' >"$dir/feedback.jsonl"
run train "$dir/pairs.tsv" "$dir/feedback.jsonl" -o "$dir/made/bad"
exits "train: feedback without a source" 2
complains "train: feedback without a source" "source"
run train "$dir/pairs.tsv" "$dir/nosuch.tsv" -o "$dir/made/bad"
exits "train: no file" 3
complains "train: no file" "nosuch.tsv: "
only "train: failures" "model "

# ---- a model and its lexicon -------------------------------------------------------------------

run train "$dir/pack.json" "$dir/feedback.jsonl" "$dir/pairs.tsv" -o "$dir/made/bound"
exits "train on a source, feedback and pairs" 0
says "train on a source, feedback and pairs" "bound: [0-9]* questions"
run compare "$dir/pairs.tsv" --model "$dir/made/bound"
exits "a model of another lexicon" 3
complains "a model of another lexicon" "bound: .*another lexicon; "
lines "a model of another lexicon" 0
run build "$dir/pack.json" -o "$dir/plain.kb"
run compare "$dir/pairs.tsv" --model "$dir/made/bound" -k "$dir/plain.kb"
exits "a model with its lexicon" 0
lines "a model with its lexicon" 6
numbers "a model with its lexicon"
cp "$dir/out" "$dir/scores"
run compare "$dir/pairs.tsv" --model "$dir/made/model" -k "$dir/plain.kb"
exits "a knowledge base of another lexicon" 3
complains "a knowledge base of another lexicon" "model: .*another lexicon; "
run build "$dir/pack.json" --model "$dir/made/bound" -o "$dir/with.kb"
exits "build --model" 0
run compare "$dir/pairs.tsv" -k "$dir/with.kb"
exits "compare with the model of a knowledge base" 0
holds "compare with the model of a knowledge base: other scores" cmp "$dir/out" "$dir/scores"

for name in pairs.tsv plain.kb none.tsv; do
    run compare "$dir/pairs.tsv" --model "$dir/$name"
    exits "$name as a model" 3
    complains "$name as a model" "$name: .*; "
done
run compare "$dir/pairs.tsv" --model "$dir/nosuch"
exits "no model" 3
head -c 20000 "$dir/made/model" >"$dir/cut"
run compare "$dir/pairs.tsv" --model "$dir/cut"
exits "a model cut short" 3
complains "a model cut short" "cut: damaged model"

finish

#!/bin/sh
# model_test.sh - a model on its way into a knowledge base, and what is seen of it there.
#
#   model_test.sh path/to/jieda
#
# Which model `jieda build` takes, which it refuses and what it leaves behind then, what `jieda
# version` and `jieda explain` show. The training is of a few pairs, so it is short and knows
# little. Ends with "N passed, N failed"; exit status 1 if one failed.

if [ $# -ne 1 ]; then
    echo "usage: $0 JIEDA" >&2
    exit 2
fi
jieda=$1
# shellcheck source=tests/e2e/checks.sh
. "$(dirname "$0")/checks.sh"

exec </dev/null # nothing here is read from standard input

made() { is "$1: files" "$2" "$(ls "$dir/made" | tr '\n' ' ')"; }

# refused NAME EXIT MESSAGE BUILD-ARGS: nothing is written, and an older file stays as it was.
refused() {
    name=$1
    wanted=$2
    message=$3
    shift 3
    run build "$@" -o "$dir/made/new.kb"
    exits "$name" "$wanted"
    complains "$name" "$message"
    made "$name" "old.kb "
    run build "$@" -o "$dir/made/old.kb"
    exits "$name, over an older file" "$wanted"
    holds "$name: the older file is another" cmp "$dir/made/old.kb" "$dir/plain.kb"
    made "$name, over an older file" "old.kb "
}

# model FILE.kb: what `version --json` has of its model.
model() {
    "$jieda" version -k "$1" --json 2>/dev/null | sed 's/.*"model"://'
}

# ---- fixtures ----------------------------------------------------------------------------------

mkdir "$dir/made" "$dir/pack" "$dir/other"
cat >"$dir/pack/pack.json" <<'JSON'
{"format": 1, "name": "tiny", "title": {"zh": "小店"}, "languages": ["zh"]}
JSON
cat >"$dir/pack/lexicon.json" <<'JSON'
{"format": 1, "language": "zh", "synonyms": [["小店币", "店币"]]}
JSON
cat >"$dir/pack/shop.json" <<'JSON'
{"entries": [
 {"id": "hours", "title": {"zh": "营业时间"}, "questions": {"zh": ["几点开门", "营业到几点"]},
  "answers": [{"lang": "zh", "text": "九点。"}]},
 {"id": "coin", "title": {"zh": "小店币"}, "questions": {"zh": ["小店币是什么", "怎么用店币"]},
  "answers": [{"lang": "zh", "text": "一种积分。"}]}]}
JSON
cp "$dir/pack/pack.json" "$dir/pack/shop.json" "$dir/other"
cat >"$dir/other/lexicon.json" <<'JSON'
{"format": 1, "language": "zh", "synonyms": [["小店币", "积分币"]]}
JSON
printf '%s\t%s\t%s\n' 几点开门 营业时间 1 几点开门 能开发票吗 0 店币怎么用 小店币怎么花 1 \
    店币怎么用 怎么开门 0 >"$dir/pairs.tsv"
for source in pack other; do
    run train "$dir/$source" "$dir/pairs.tsv" -o "$dir/$source.model" --sparse-bits 10
    exits "train on $source" 0
done

# ---- which model is taken ----------------------------------------------------------------------

run build "$dir/pack" -o "$dir/plain.kb"
exits "a folder without a model" 0
is "a folder without a model: its model" "null}}" "$(model "$dir/plain.kb")"
run version -k "$dir/plain.kb"
says "a folder without a model" '^model  *none$'

cp "$dir/pack.model" "$dir/pack/pack.model"
run build "$dir/pack" -o "$dir/folder.kb"
exits "a folder with pack.model" 0
holds "a folder with pack.model: nothing learned" test "$(model "$dir/folder.kb")" != "null}}"
run version -k "$dir/folder.kb"
exits "version of a model" 0
says "version of a model" '^model  *{.*"inputs":'
run version -k "$dir/folder.kb" --json
says "version --json of a model" '"model":{.*"inputs":\[{'
run build "$dir/pack" --model "$dir/pack.model" -o "$dir/named.kb"
exits "the same model by name" 0
holds "the same model by name: another file" cmp "$dir/folder.kb" "$dir/named.kb"

run build "$dir/pack" --no-model -o "$dir/none.kb"
exits "build --no-model" 0
holds "build --no-model: as if there were no pack.model" cmp "$dir/plain.kb" "$dir/none.kb"

# The one named wins over the folder's, which may then be anything.
echo damaged >"$dir/pack/pack.model"
run build "$dir/pack" --model "$dir/pack.model" -o "$dir/named.kb"
exits "a model by name beside a damaged pack.model" 0
holds "a model by name beside a damaged pack.model" cmp "$dir/folder.kb" "$dir/named.kb"
run build "$dir/pack" --no-model -o "$dir/none.kb"
exits "--no-model beside a damaged pack.model" 0

# ---- which is refused --------------------------------------------------------------------------

cp "$dir/plain.kb" "$dir/made/old.kb"
refused "a damaged pack.model" 1 "pack.model: not a model; " "$dir/pack"
rm "$dir/pack/pack.model"
refused "a model of another lexicon" 3 "other.model: .*another lexicon; train it again" \
    "$dir/pack" --model "$dir/other.model"
cp "$dir/other.model" "$dir/pack/pack.model"
refused "a pack.model of another lexicon" 3 "pack.model: .*another lexicon; " "$dir/pack"
rm "$dir/pack/pack.model"
refused "no model" 3 "nosuch: " "$dir/pack" --model "$dir/nosuch"
refused "a knowledge base as a model" 1 "plain.kb: not a model; " "$dir/pack" \
    --model "$dir/plain.kb"
: >"$dir/empty"
refused "an empty model" 1 "empty: not a model; " "$dir/pack" --model "$dir/empty"
head -c 20000 "$dir/pack.model" >"$dir/cut"
refused "a model cut short" 1 "cut: damaged model" "$dir/pack" --model "$dir/cut"
{
    head -c 30000 "$dir/pack.model"
    printf 'damage'
    tail -c +30007 "$dir/pack.model"
} >"$dir/patched"
is "the patched model: bytes" "$(wc -c <"$dir/pack.model")" "$(wc -c <"$dir/patched")"
refused "a patched model" 1 "patched: damaged model (content)" "$dir/pack" --model "$dir/patched"

# ---- what is seen of it ------------------------------------------------------------------------

for kb in plain folder; do
    run explain -k "$dir/$kb.kb" 店铺几点开门 --json
    exits "explain with $kb.kb" 0
    for feature in cosine centre pair; do
        says "explain with $kb.kb" "{\"name\":\"$feature\",\"value\":"
    done
    cp "$dir/out" "$dir/$kb.json"
    run ask -k "$dir/$kb.kb" 几点开门
    exits "ask with $kb.kb" 0
    says "ask with $kb.kb" "九点"
done
for feature in cosine centre pair; do # the best match's is the first
    for kb in plain folder; do
        grep -o "{\"name\":\"$feature\",\"value\":[^,]*" "$dir/$kb.json" | head -1 |
            sed 's/.*://' >"$dir/$kb.$feature"
    done
    is "explain without a model: $feature" 0 "$(cat "$dir/plain.$feature")"
    holds "explain with a model: $feature is 0" test "$(cat "$dir/folder.$feature")" != 0
done

finish

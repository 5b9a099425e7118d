#!/bin/sh
# cli_test.sh - the command line tool from outside: every command, its exit codes, its pipes.
#
#   cli_test.sh path/to/jieda path/to/file.kb
#
# Checks the contract (lines, keys, codes, streams), not the quality of answers, so any knowledge base
# with Chinese questions will do; what needs known content is compiled here from a list. JSON is read
# by python3, else by jq. Ends with "N passed, N failed"; exit status 1 if one failed.

if [ $# -ne 2 ]; then
    echo "usage: $0 JIEDA FILE.kb" >&2
    exit 2
fi
jieda=$1
kb=$2
# shellcheck source=tests/e2e/checks.sh
. "$(dirname "$0")/checks.sh"

# Every line of out is one JSON object in valid UTF-8.
json() {
    if command -v python3 >/dev/null 2>&1; then
        python3 -c 'import json, sys
for line in open(sys.argv[1], "rb").read().split(b"\n")[:-1]:
    assert isinstance(json.loads(line.decode("utf-8")), dict)' "$dir/out" 2>"$dir/why"
    else
        jq -e -c 'type == "object" or error("no object")' "$dir/out" >"$dir/why" 2>&1
    fi
    if [ $? -eq 0 ]; then pass; else fail "$1: not one JSON object a line"; fi
}

plain() {
    if grep -q "$(printf '\033')" "$dir/out" "$dir/err"; then
        fail "$1: colours without a terminal"
    else
        pass
    fi
}

repeat() { # repeat COUNT: that many letters
    head -c "$1" /dev/zero | tr '\0' a
}

# ---- fixtures ----------------------------------------------------------------------------------

mkdir "$dir/good" "$dir/bad"
cat >"$dir/good/pack.json" <<'JSON'
{"format": 1, "name": "tiny", "title": {"zh": "小店"}, "languages": ["zh"],
 "categories": [{"id": "shop", "title": {"zh": "店铺"}},
                {"id": "money", "title": {"zh": "钱"}, "parent": "shop"}]}
JSON
cat >"$dir/good/shop.json" <<'JSON'
{"entries": [
 {"id": "shop.hours", "title": {"zh": "营业时间"}, "category": "shop",
  "questions": {"zh": ["几点开门", "营业时间是什么时候", "周末开门吗", "晚上几点关门"]},
  "answers": [{"lang": "zh", "channel": "text", "text": "每天九点到二十一点。",
               "steps": ["看门口的牌子"],
               "actions": [{"label": "打电话", "link": "tel:1"}]}]},
 {"id": "money.refund", "title": {"zh": "怎么退款"}, "category": "money",
  "questions": {"zh": ["怎么退款", "我要退钱", "申请退款", "退款在哪里点"]},
  "answers": [{"lang": "zh", "channel": "text", "text": "拿小票来退。"}]}
]}
JSON
echo '{"format": 1, "nme": "x"}' >"$dir/bad/pack.json"
tiny=$dir/tiny.kb

# A pack of its own for conversations: rules, a policy, an entry that hands over.
mkdir "$dir/desk"
cat >"$dir/desk/pack.json" <<'JSON'
{"format": 1, "name": "talk", "title": {"zh": "小店"}, "languages": ["zh"],
 "slots": {"order_number": {"zh": "订单号"}},
 "categories": [{"id": "shop", "title": {"zh": "店铺"}},
                {"id": "refund", "title": {"zh": "退款"}, "parent": "shop"}]}
JSON
cat >"$dir/desk/entries.json" <<'JSON'
{"entries": [
 {"id": "refund.apply", "title": {"zh": "怎么退款"}, "category": "refund", "needs": ["order_number"],
  "questions": {"zh": ["怎么退款", "退款怎么申请", "退款在哪里点"]},
  "answers": [{"lang": "zh", "channel": "text", "text": "拿小票来退。"}]},
 {"id": "refund.time", "title": {"zh": "退款多久到账"}, "category": "refund",
  "questions": {"zh": ["退款多久到账", "退款几天能到", "退款什么时候到账"]},
  "answers": [{"lang": "zh", "channel": "text", "text": "三天之内。"}]},
 {"id": "shop.fraud", "title": {"zh": "被骗了"}, "category": "shop", "risk": "fraud",
  "questions": {"zh": ["我被骗了怎么办"]},
  "answers": [{"lang": "zh", "channel": "text", "text": "请马上报警。"}],
  "handoff": {"policy": "always", "priority": "P0"}}
]}
JSON
cat >"$dir/desk/rules.json" <<'JSON'
{"format": 1, "rules": [
 {"id": "fraud.scammed", "intent": "fraud", "action": "handoff", "reason": "fraud", "priority": 50,
  "entry": "shop.fraud", "patterns": ["被骗"], "examples": {"match": ["我被骗了"]}},
 {"id": "person.asked", "intent": "person", "action": "handoff", "reason": "requested",
  "patterns": ["转人工"], "examples": {"match": ["转人工"]}},
 {"id": "talk.choose", "intent": "choose", "action": "choose",
  "patterns": ["^第(?<n>[一二三123])个$"], "examples": {"match": ["第二个"]}},
 {"id": "talk.none", "intent": "none", "action": "none_of_these",
  "patterns": ["^都不是$"], "examples": {"match": ["都不是"]}},
 {"id": "talk.cancel", "intent": "cancel", "action": "ticket_cancel",
  "patterns": ["^取消工单$"], "examples": {"match": ["取消工单"]}}
]}
JSON
cat >"$dir/desk/policy.json" <<'JSON'
{"format": 1, "misses_before_handoff": 2,
 "queues": [{"id": "desk", "title": {"zh": "柜台"}},
            {"id": "safety", "title": {"zh": "安全"}, "always_open": true}],
 "handoff": {"fraud": {"priority": "P0", "queue": "safety", "due_minutes": 5}}}
JSON
talk=$dir/talk.kb

# ---- help and usage ----------------------------------------------------------------------------

run </dev/null
exits "no command" 2
if [ -s "$dir/err" ] && [ ! -s "$dir/out" ]; then pass; else fail "no command: help on stderr"; fi
run --help
exits "--help" 0
says "--help" "Exit codes"
says "--help" "130"
run help
exits "help" 0
for command in build ask chat explain eval browse suggest tokens version; do
    run help $command
    exits "help $command" 0
    says "help $command" "Usage: jieda $command"
    cp "$dir/out" "$dir/help"
    run $command --help
    exits "$command --help" 0
    if cmp -s "$dir/out" "$dir/help"; then pass; else fail "$command --help is not help $command"; fi
    run $command --nonsense-option
    exits "$command with an unknown option" 2
    complains "$command with an unknown option" "nonsense"
done
run help nosuch
exits "help of an unknown command" 2
run aks
exits "unknown command" 2
complains "unknown command" "did you mean .jieda ask"
run ask -k "$kb" --jsno x
exits "misspelt option" 2
complains "misspelt option" "did you mean --json"
for command in "ask x" "chat" "explain x" "eval x" "browse" "suggest x" "tokens x"; do
    run $command </dev/null
    exits "$command without -k" 2
    complains "$command without -k" "add -k FILE.kb"
done
run ask -k
exits "option without its value" 2
run ask -k "$kb" --json=yes x
exits "flag with a value" 2
run ask -k "$kb" one two
exits "two questions" 2
run ask -k "$kb" --tag novalue x
exits "--tag without =" 2
run suggest -k "$kb" -n 0 x
exits "-n 0" 2
run suggest -k "$kb" -n 21 x
exits "-n 21" 2
run eval -k "$kb" --min-top1 1.5 x
exits "--min-top1 1.5" 2
run explain -k "$kb"
exits "explain without a question" 2

# ---- build -------------------------------------------------------------------------------------

run build "$dir/good" -o "$tiny"
exits "build" 0
lines "build: one summary line" 1
says "build" "2 entries"
silent "build"
plain "build"
run build "$dir/good" --output="$dir/again.kb"
exits "build --output=" 0
if cmp -s "$tiny" "$dir/again.kb"; then pass; else fail "build: equal input, equal file"; fi
run build "$dir/bad" -o "$dir/bad.kb"
exits "build of a bad source" 1
if grep -q '/pack.json:1:[0-9]*: error\[unknown-key\]: .*; ' "$dir/err"; then
    pass
else
    fail "build of a bad source: no file:line:col: error[rule]: message; fix"
fi
if [ -e "$dir/bad.kb" ]; then fail "build of a bad source wrote a file"; else pass; fi
plain "build of a bad source"
run build "$dir/nothing-here" -o "$dir/x.kb"
exits "build of a missing source" 3
run build "$dir/good" -o "$dir/no/such/folder/x.kb"
exits "build into a missing folder" 3
run build "$dir/good"
exits "build without -o" 2
run build -o "$dir/x.kb"
exits "build without a source" 2
printf 'a\t怎么退款\t拿小票\nb\t几点开门\t九点\n' >"$dir/list.tsv"
cp "$dir/list.tsv" "$dir/list.copy"
run build "$dir/list.tsv" -o "$dir/list.kb"
exits "build of a list" 0
run build "$dir/list.tsv" -o "$dir/list.tsv"
exits "build over its source" 2
if cmp -s "$dir/list.tsv" "$dir/list.copy"; then pass; else fail "build destroyed its source"; fi

# ---- files that are none -----------------------------------------------------------------------

run ask -k "$dir/nothing.kb" x
exits "missing knowledge base" 3
complains "missing knowledge base" "; "
run ask -k "$dir/list.tsv" x
exits "a list as knowledge base" 3
: >"$dir/empty.kb"
run ask -k "$dir/empty.kb" x
exits "empty knowledge base" 3
head -c 5000 "$kb" >"$dir/cut.kb"
run ask -k "$dir/cut.kb" x
exits "cut knowledge base" 3
run eval -k "$kb" "$dir/nothing.tsv"
exits "missing set" 3
run eval -k "$kb" "$dir"
exits "a folder as set" 3
run ask -k "$kb" --lang xx x
exits "unknown language" 2
run browse -k "$kb" no.such.entry.at.all
exits "browse of nothing" 2
run explain -k "$kb" x --expect no.such.entry.at.all
exits "explain --expect of nothing" 2

# ---- ask ---------------------------------------------------------------------------------------

run ask -k "$tiny" 几点开门
exits "ask" 0
says "ask: title" "营业时间"
says "ask: answer" "每天九点"
says "ask: step" "1. 看门口的牌子"
says "ask: action" "tel:1"
plain "ask"
silent "ask"
run ask -k "$tiny" --json 几点开门
exits "ask --json" 0
lines "ask --json" 1
json "ask --json"
says "ask --json" '^{"question":"几点开门","decision":"answer","id":"shop.hours","confidence":'
keys='"question" "decision" "id" "confidence" "title" "answer" "options" "candidates" "intent"
"handoff" "handoff_offer" "language" "steps" "actions" "needs" "related" "why" "slots" "notices" "prompt"
"decision_id" "rule" "incident" "elapsed_us"'
pattern=
for key in $keys; do pattern="$pattern$key:.*"; done
says "ask --json: keys in order" "^{$pattern}\$"
says "ask --json: elapsed_us is an integer" '"elapsed_us":[0-9]*}$'
says "ask --json: no ticket" '"handoff":null'
says "ask --json: nothing said besides" '"slots":{},"notices":\[\],"prompt":null,"decision_id":"[0-9a-z]*","rule":null,"incident":null'
if grep -q '"error"' "$dir/out"; then fail "ask --json: error without a refusal"; else pass; fi
run ask -k"$tiny" --json -- -5元能退吗
exits "question after --" 0
says "question after --" '"question":"-5元能退吗"'
run ask -k "$kb" ""
exits "empty question" 0
run ask -k "$kb" --tag region=cn --tag=version=1 --set brand=X --set=hotline=1 --channel text 退款
exits "tags and placeholders" 0

printf '几点开门\n\n怎么退款\r\nlast' | run ask -k "$tiny" --json
code=0 # of the pipe's subshell; what it wrote counts
lines "lines from stdin" 4
json "lines from stdin"
says "an empty line is asked" '^{"question":"","decision":"none","id":null'
says "CR is stripped" '^{"question":"怎么退款","decision":"answer"'
says "the last line needs no LF" '^{"question":"last"'
run ask -k "$tiny" --json </dev/null
exits "no lines" 0
lines "no lines" 0
run ask -k "$tiny" </dev/null
is "no banner without a terminal" "" "$(cat "$dir/out" "$dir/err")"

# A second miss in a row hands over, and the ticket stays open; ask forgets, chat does not.
printf 'qqqq\nqqqq\nqqqq\n' >"$dir/misses"
run ask -k "$tiny" --json <"$dir/misses"
is "ask: each line is fresh" 3 "$(grep -c '"decision":"clarify"' "$dir/out")"
run chat -k "$tiny" --json <"$dir/misses"
exits "chat" 0
lines "chat" 3
json "chat"
is "chat: one session" 2 "$(grep -c '"decision":"handoff"' "$dir/out")"
printf '几点开门\n/quit\n1\n' >"$dir/talk"
run chat -k "$tiny" --json <"$dir/talk"
lines "chat --json: /quit and 1 are questions" 3
run chat -k "$tiny" <"$dir/talk"
exits "chat without a terminal" 0
plain "chat without a terminal"
if grep -q '^> ' "$dir/out"; then fail "chat: a prompt without a terminal"; else pass; fi

# ---- conversations -----------------------------------------------------------------------------

ticket_ids() { # those of all lines of out, each once
    sed -n 's/.*"ticket_id":"\([^"]*\)".*/\1/p' "$dir/out" | sort -u
}

run build "$dir/desk" -o "$talk"
exits "build with rules and a policy" 0
run ask -k "$talk" --json 我刚才被骗了
exits "ask: a ticket" 0
json "ask: a ticket"
says "ask: a ticket" '"handoff":{"reason":"fraud","priority":"P0","ticket_id":"T[0-9A-Z]*","state":"queued","queue":"safety","due":[0-9]*},'
says "ask: the rule" '"decision":"handoff","id":"shop.fraud".*"rule":"fraud.scammed"'
run ask -k "$talk" 我刚才被骗了
says "ask: the ticket is told of" "请马上报警"
says "ask: the ticket is told of" "工单号 T[0-9A-Z]"
silent "ask: a ticket"

printf '退款\n第二个\n退款\n都不是\n我被骗了\n退款多久到账\n取消工单\n退款多久到账\n' >"$dir/talk.txt"
run chat -k "$talk" --json --tickets "$dir/tickets" <"$dir/talk.txt"
exits "chat with a ticket" 0
lines "chat with a ticket" 8
json "chat with a ticket"
cp "$dir/out" "$dir/turns"
turn() { # turn NUMBER WANTED: leaves the turn as out
    sed -n "$1p" "$dir/turns" >"$dir/out"
    says "chat: turn $1" "$2"
}
turn 1 '"decision":"clarify".*"options":\[{"id":"[^"]*",.*{"id":"'
second=$(sed -n '1s/.*"options":\[{"id":"[^"]*","title":"[^"]*","confidence":[^}]*},{"id":"\([^"]*\)".*/\1/p' "$dir/turns")
turn 2 '"decision":"answer","id":"'"$second"'".*"why":"chosen"'
turn 4 '"decision":"clarify".*"why":"none-of-these"'
turn 5 '"decision":"handoff".*"state":"queued"'
turn 6 '"decision":"handoff","id":"refund.time".*"state":"queued"'
turn 7 '"why":"cancelled"'
turn 7 '"state":"closed"'
turn 8 '"decision":"answer".*"state":"closed"'
cp "$dir/turns" "$dir/out"
is "chat: one ticket" 1 "$(ticket_ids | wc -l | tr -d ' ')"
cp "$dir/tickets" "$dir/out"
json "--tickets"
lines "--tickets" 3
says "--tickets" '^{"event":"opened","idempotency_key":"T[^"]*","conversation_id":"[^"]*","ticket":{"schema"'
says "--tickets" '^{"event":"message"'
says "--tickets" '^{"event":"cancelled"'
run chat -k "$talk" <"$dir/talk.txt"
says "chat for people: options" '^  1\. '
says "chat for people: none of them" '^  - 都不是'
plain "chat with a ticket"
run chat -k "$talk" <"$dir/misses"
says "chat for people: topics" '店铺、退款'
run ask -k "$talk" --tickets "$dir/no/such/folder" x
exits "--tickets into a missing folder" 3
if [ -w /dev/full ]; then
    run ask -k "$talk" --tickets /dev/full --json 转人工
    complains "--tickets on a full disk" "cannot write to /dev/full"
    says "--tickets on a full disk: the visitor is told" '"prompt":"抱歉，暂时没能转给人工'
fi

cat >"$dir/incidents.json" <<'JSON'
{"incidents": [{"id": "slow-refunds", "topics": ["refund"], "notice": {"zh": "退款维护中。"}}]}
JSON
run ask -k "$talk" --incidents "$dir/incidents.json" --json 退款多久到账
says "--incidents" '"notices":\["退款维护中。"\].*"incident":"slow-refunds"'
run ask -k "$talk" --incidents "$dir/incidents.json" 退款多久到账
is "--incidents: said first" "退款维护中。" "$(head -1 "$dir/out")"
printf '{"incidents": [\n  {"id": 退款}]}\n' >"$dir/incidents.bad"
run ask -k "$talk" --incidents "$dir/incidents.bad" x
exits "--incidents: no JSON" 3
complains "--incidents: no JSON" "incidents.bad:2:[0-9]*: .*; "
sed 's/"refund"/"nothing"/' "$dir/incidents.json" >"$dir/incidents.bad"
run ask -k "$talk" --incidents "$dir/incidents.bad" x
exits "--incidents: unknown topic" 3
complains "--incidents: unknown topic" 'incidents.bad: .*"nothing"; '
run chat -k "$talk" --incidents "$dir/nothing.json" </dev/null
exits "--incidents: missing" 3

# ---- any bytes ---------------------------------------------------------------------------------

printf 'a\000b\n退\377款\n\300\200\n\355\240\200\n\357\277\277\n\033[31m\n' >"$dir/bytes"
run ask -k "$kb" --json <"$dir/bytes"
exits "any bytes" 0
lines "any bytes" 6
json "any bytes"
says "ill-formed byte" '"question":"退�款"'
run ask -k "$kb" <"$dir/bytes"
exits "any bytes, for people" 0
plain "any bytes, for people"
run tokens -k "$kb" --json <"$dir/bytes"
lines "tokens: any bytes" 6
json "tokens: any bytes"

{ repeat 65536; echo; repeat 65536; printf '\r\n'; repeat 65537; echo; repeat 5000000; echo
  echo 几点开门; repeat 70000; } >"$dir/long"
run ask -k "$tiny" --json <"$dir/long"
exits "long lines" 0
lines "long lines" 6
json "long lines"
is "long lines: refused" 3 "$(grep -c '"decision":"none".*"error":"' "$dir/out")"
is "long lines: the limit itself is asked" 2 "$(head -2 "$dir/out" | grep -vc '"error"')"
says "long lines: those after are answered" '"question":"几点开门","decision":"answer"'
run ask -k "$tiny" <"$dir/long"
is "long lines: complaints" 3 "$(grep -c '^jieda: line [0-9]*: .*; ' "$dir/err")"
run tokens -k "$tiny" --json <"$dir/long"
lines "tokens: long lines" 6
json "tokens: long lines"

# ---- explain -----------------------------------------------------------------------------------

run explain -k "$tiny" 怎么退款
exits "explain" 0
says "explain: decision" "money.refund"
says "explain: terms" "df"
says "explain: features" "value x weight"
plain "explain"
run explain -k "$tiny" 怎么退款 --expect shop.hours
exits "explain --expect" 0
says "explain --expect" "shop.hours: "
run explain -k "$tiny" 怎么退款 --expect=shop.hours --json
exits "explain --json" 0
lines "explain --json" 1
json "explain --json"
run explain -k "$tiny" --json ""
json "explain of nothing"
run explain -k "$talk" 我被骗了500元
says "explain: rules" '^  fraud.scammed  *handoff .* in "被骗"$'
says "explain: slots" '^  amount  *500元$'
says "explain: why" 'handoff because rule fraud.scammed (fraud): shop.fraud'

# ---- eval --------------------------------------------------------------------------------------

printf '怎么退款\tmoney.refund\textra\tcolumns\r\n几点开门\tmoney.refund,shop.hours\n\n量子纠缠\toos\nqqqq\tshop.hours,oos\n' \
    >"$dir/set.tsv"
run eval -k "$tiny" "$dir/set.tsv"
exits "eval" 0
says "eval" "^rows in KB  *3\$"
says "eval" "^top-1  *2 "
says "eval" "^oos rows  *1\$"
says "eval" "^wrong confident  *0 "
plain "eval"
silent "eval"
run eval -k "$tiny" "$dir/set.tsv" --json --misses
exits "eval --json" 0
lines "eval --json" 1
json "eval --json"
says "eval --json" '"rows_in_kb":3,"top1_count":2'
says "eval --json --misses" '"misses":\[{"kind":"miss","rank":0,"question":"qqqq"'
run eval -k "$tiny" "$dir/set.tsv" --misses
says "eval --misses" "qqqq"
run eval -k "$tiny" "$dir/set.tsv" --min-top1 0.6 --min-top3=0.6 --min-answered-right 0.6 --max-wrong 0
exits "eval: minima reached" 0
run eval -k "$tiny" "$dir/set.tsv" --min-top1 0.7
exits "eval: minimum missed" 1
complains "eval: minimum missed" "top-1"
printf '几点开门\tmoney.refund\n' >"$dir/wrong.tsv"
run eval -k "$tiny" "$dir/wrong.tsv" --max-wrong 0
exits "eval: too many wrong" 1
run eval -k "$tiny" "$dir/wrong.tsv" --misses
says "eval: wrong is listed" "^wrong"
printf '几点开门\tshop.hour\n' >"$dir/unknown.tsv"
run eval -k "$tiny" "$dir/unknown.tsv"
complains "eval: id of no entry" 'warning: no entry "shop.hour"'
printf 'no tab here\n' >"$dir/malformed.tsv"
run eval -k "$tiny" "$dir/malformed.tsv"
exits "eval: malformed set" 3
complains "eval: malformed set" ":1: no tab"
: >"$dir/none.tsv"
run eval -k "$tiny" "$dir/none.tsv"
exits "eval: empty set" 3
i=0
while [ $i -lt 100 ]; do
    cat "$dir/set.tsv" "$dir/set.tsv" "$dir/set.tsv" "$dir/set.tsv" "$dir/set.tsv"
    i=$((i + 1))
done >"$dir/block.tsv"
cat "$dir/block.tsv" "$dir/block.tsv" "$dir/block.tsv" "$dir/block.tsv" "$dir/block.tsv" \
    >"$dir/many.tsv"
run eval -k "$tiny" "$dir/many.tsv"
exits "eval: 10,000 rows" 0
says "eval: 10,000 rows" "^rows in KB  *7500\$"

printf '我被骗了\t1\tfraud\textra\n转人工\t1\trequested\r\n\n退款多久到账\t0\tnone\n' >"$dir/urgent.tsv"
run eval -k "$talk" "$dir/urgent.tsv" --min-recall 1 --max-false-alarms 0
exits "eval urgent" 0
says "eval urgent" "^urgent rows  *2\$"
says "eval urgent" "^handed over  *2  100.00 %\$"
says "eval urgent" "^danger at P0  *1  100.00 %\$"
says "eval urgent" "^false alarms  *0 "
says "eval urgent: reasons" "^  fraud  *1: fraud 1\$"
plain "eval urgent"
silent "eval urgent"
# Four rows that go wrong, each in its own way.
printf '退款多久到账\t1\tfraud\n转人工\t0\tnone\n转人工\t1\tcomplaint\n转人工\t1\tdistress\n' \
    >"$dir/urgent.bad"
run eval -k "$talk" "$dir/urgent.bad" --misses
exits "eval urgent: misses" 0
says "eval urgent: missed" "^missed	退款多久到账	expected fraud	got answer"
says "eval urgent: false alarm" "^false-alarm	转人工	expected none	got handoff P2 requested"
says "eval urgent: reason" "^reason	转人工	expected complaint	got handoff P2 requested"
says "eval urgent: not first" "^not-first	转人工	expected distress"
says "eval urgent: recall" "^handed over  *2   66.67 %\$"
says "eval urgent: false alarms" "^false alarms  *1  100.00 %\$"
run eval -k "$talk" "$dir/urgent.bad" --min-recall 0.7
exits "eval urgent: minimum missed" 1
complains "eval urgent: minimum missed" "handed over is 0.6667, below the minimum"
run eval -k "$talk" "$dir/urgent.bad" --max-false-alarms 0.5
exits "eval urgent: maximum passed" 1
run eval -k "$talk" "$dir/urgent.bad" --json --misses
lines "eval urgent --json" 1
json "eval urgent --json"
says "eval urgent --json" '^{"urgent_rows":3,"recall_count":2,"recall":0.666667,'
says "eval urgent --json" '"reasons":{"none":{"requested":1},"fraud":{"none":1},'
says "eval urgent --json" '"misses":\[{"kind":"missed","text":"退款多久到账","expected":"fraud","decision":"answer","handoff":null'
run eval -k "$talk" "$dir/urgent.tsv" --min-top1 0.5
exits "eval: a minimum of another kind" 2
complains "eval: a minimum of another kind" "min-top1 means nothing for .*, a set of urgent"
run eval -k "$talk" "$dir/urgent.tsv" --as questions
exits "eval --as" 0
says "eval --as" "^rows in KB  *3\$"
run eval -k "$talk" "$dir/set.tsv" --as urgent
exits "eval --as of another kind" 3
complains "eval --as of another kind" ":1: the second column is neither"
run eval -k "$talk" "$dir/set.tsv" --as nothing
exits "eval --as of nothing" 2
printf '我被骗了\t1\tfruad\n' >"$dir/urgent.typo"
run eval -k "$talk" "$dir/urgent.typo"
exits "eval urgent: unknown reason" 3
complains "eval urgent: unknown reason" ':1: no reason "fruad"; '

cat >"$dir/dialogs.jsonl" <<'JSONL'
{"id": "a", "kind": "menu", "turns": [{"user": "退款", "expect": "clarify", "ids": []}, {"user": "第二个", "expect": "answer", "ids": ["*menu:2"]}]}
{"id": "b", "kind": "misses", "turns": [{"user": "qqqq", "expect": "clarify"}, {"user": "qqqq", "expect": "answer", "ok": ["handoff", "answer"]}]}
{"id": "c", "turns": [{"user": "退款多久到账", "expect": "answer", "ids": ["refund.apply", "refund.*"]}]}
JSONL
run eval -k "$talk" "$dir/dialogs.jsonl" --min-turns 1
exits "eval dialogs" 0
says "eval dialogs" "^dialogs  *3\$"
says "eval dialogs" "^turns right  *5  100.00 %\$"
says "eval dialogs: by kind" "^  menu  *2 of  *2  100.00 %  *1 of  *1\$"
says "eval dialogs: without a kind" "^  other  *1 of"
silent "eval dialogs"
cat >"$dir/dialogs.bad" <<'JSONL'
{"id": "a", "kind": "menu", "turns": [{"user": "退款", "expect": "answer"}, {"user": "第二个", "expect": "answer", "ids": ["*menu:3", "refund.nothing"]}]}
{"id": "b", "kind": "fine", "turns": [{"user": "退款多久到账", "expect": "answer", "ids": ["refund.time"]}]}
JSONL
run eval -k "$talk" "$dir/dialogs.bad" --misses --min-turns 0.5
exits "eval dialogs: minimum missed" 1
complains "eval dialogs: minimum missed" "turns right is 0.3333, below the minimum"
complains "eval dialogs: id of no entry" ':1: warning: no entry "refund.nothing"'
says "eval dialogs: decision" "^decision	a:1	menu	退款	expected answer	got clarify"
says "eval dialogs: entry" "^entry	a:2	menu	第二个	expected answer \*menu:3=-,refund.nothing	got answer refund"
says "eval dialogs: the others" "^all turns right  *1   50.00 %\$"
run eval -k "$talk" "$dir/dialogs.bad" --json --misses
json "eval dialogs --json"
says "eval dialogs --json" '^{"dialogs":2,"dialogs_right_count":1,"dialogs_right":0.5,"turns":3,'
says "eval dialogs --json" '"kinds":{"menu":{"dialogs":1,'
says "eval dialogs --json" '"misses":\[{"kind":"decision","dialog":"a","dialog_kind":"menu","turn":1,'
printf '{"id": "a", "turns": [}\n' >"$dir/dialogs.typo"
run eval -k "$talk" "$dir/dialogs.typo"
exits "eval dialogs: no JSON" 3
complains "eval dialogs: no JSON" ':1:23: this is no JSON; '
printf '{"turns": [{"user": "x", "expect": "anwser"}]}\n' >"$dir/dialogs.typo"
run eval -k "$talk" "$dir/dialogs.typo"
exits "eval dialogs: no decision" 3
complains "eval dialogs: no decision" ':1: turn 1: "expect" is no decision; '
for wrong in '{"turns": []}' '{"turns": [{"expect": "answer"}]}' '[]' \
    '{"turns": [{"user": "x", "expect": "answer", "ok": ["x"]}]}' \
    '{"turns": [{"user": "x", "expect": "answer", "ids": "x"}]}'; do
    echo "$wrong" >"$dir/dialogs.typo"
    run eval -k "$talk" --as dialogs "$dir/dialogs.typo"
    exits "eval dialogs: $wrong" 3
done

# ---- browse, suggest, tokens, version ----------------------------------------------------------

run browse -k "$tiny"
exits "browse" 0
says "browse" "shop .*店铺 .*(1)"
says "browse: a category below another" "^  money .*(1)"
run browse -k "$tiny" --json
json "browse --json"
says "browse --json" '{"id":"money","parent":"shop","title":"钱","entries":1}'
run browse -k "$tiny" shop
exits "browse CATEGORY" 0
says "browse CATEGORY" "^shop.hours .*营业时间"
run browse -k "$tiny" shop --json
lines "browse CATEGORY --json" 1
json "browse CATEGORY --json"
run browse -k "$tiny" shop.hours
says "browse ENTRY" "每天九点"
run browse -k "$tiny" shop.hours --json
json "browse ENTRY --json"
says "browse ENTRY --json" '"id":"shop.hours"'
run browse -k "$tiny" shop.huors
exits "browse: misspelt" 2
complains "browse: misspelt" 'did you mean "shop.hours"'
run browse -k "$kb" --json
json "browse --json of the given knowledge base"
run suggest -k "$tiny" 怎么
exits "suggest" 0
says "suggest" "money.refund .*怎么退款"
run suggest -k "$tiny" --json zenmetui
json "suggest --json"
says "suggest: pinyin" "money.refund"
run suggest -k "$tiny" -n1 怎
lines "suggest -n1" 1
run suggest -k "$tiny" --json ""
exits "suggest of nothing" 0
lines "suggest of nothing" 1
run tokens -k "$tiny" 退款１２天
exits "tokens" 0
lines "tokens" 6
says "tokens" "^normalized  *退款12天\$"
run tokens -k "$tiny" --ranges 退款１２天
says "tokens --ranges" '12\[6,12)'
run tokens -k "$tiny" --json 退款１２天
lines "tokens --json" 1
json "tokens --json"
says "tokens --json" '{"text":"12","begin":6,"end":12}'
run version
exits "version" 0
says "version" "^jieda  *[0-9]"
cp "$dir/out" "$dir/help"
run --version
if cmp -s "$dir/out" "$dir/help"; then pass; else fail "--version is not version"; fi
run version -k "$tiny"
exits "version -k" 0
says "version -k" "^content hash  *[0-9a-f]\{16\}\$"
says "version -k" "^entries  *2\$"
run version -k "$tiny" --json
json "version --json"

# ---- pipes -------------------------------------------------------------------------------------

# The exit code of the writing side of a pipe, by way of a file.
piped() { # piped NAME ARGS
    name=$1
    shift
    { "$jieda" "$@" 2>"$dir/err" <"$dir/input"; echo $? >"$dir/code"; } | head -1 >"$dir/out"
    code=$(cat "$dir/code")
    if [ "$code" -eq 0 ] || [ "$code" -eq 141 ]; then pass; else fail "$name | head: code $code"; fi
    silent "$name | head"
    lines "$name | head" 1
}
yes 几点开门 2>/dev/null | head -20000 >"$dir/input"
piped "ask" ask -k "$tiny" --json
piped "tokens" tokens -k "$tiny"
i=0
while [ $i -lt 2000 ]; do
    echo "几点开门	money.refund"
    i=$((i + 1))
done >"$dir/wrongs.tsv"
piped "eval --misses" eval -k "$tiny" "$dir/wrongs.tsv" --misses
piped "help" help

# An answer comes before the next line is read: a pipe that stays open must not hold it back.
rm -f "$dir/fifo" "$dir/out"
mkfifo "$dir/fifo"
"$jieda" ask -k "$tiny" --json <"$dir/fifo" >"$dir/out" 2>"$dir/err" &
pid=$!
exec 9>"$dir/fifo"
echo 几点开门 >&9
i=0
while [ ! -s "$dir/out" ] && [ $i -lt 50 ]; do
    sleep 0.1
    i=$((i + 1))
done
lines "flushed while the pipe is open" 1
exec 9>&-
wait $pid
code=$?
exits "end of the pipe" 0

if [ -w /dev/full ]; then
    "$jieda" version >/dev/full 2>"$dir/err"
    code=$?
    : >"$dir/out"
    exits "a full disk" 3
    complains "a full disk" "standard output"
fi
"$jieda" ask -k "$tiny" --json <&- >"$dir/out" 2>"$dir/err"
code=$?
exits "stdin is closed" 3
"$jieda" ask -k "$tiny" --json 几点开门 >&- 2>"$dir/err"
code=$?
: >"$dir/out"
exits "stdout is closed" 3
complains "stdout is closed" "standard output"

# ---- a terminal --------------------------------------------------------------------------------

if command -v python3 >/dev/null 2>&1; then
    cat >"$dir/terminal.py" <<'PYTHON'
import os, pty, select, sys, termios, time
argv, typed, quiet = sys.argv[3:], sys.argv[1].encode().decode("unicode_escape").encode("latin-1"), sys.argv[2]
master, slave = pty.openpty()
before = termios.tcgetattr(slave)
pid = os.fork()
if pid == 0:
    os.setsid()
    os.login_tty(slave) if hasattr(os, "login_tty") else [os.dup2(slave, n) for n in range(3)]
    import fcntl
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
    os.execve(argv[0], argv, {"TERM": "xterm", **({"NO_COLOR": "1"} if quiet == "quiet" else {})})
out = b""
def drain(until, seconds):
    global out
    end = time.time() + seconds
    while time.time() < end and not (until and until in out):
        if select.select([master], [], [], 0.05)[0]:
            try:
                out += os.read(master, 65536)
            except OSError:
                return
drain(b"> ", 5)
os.write(master, typed)
end = time.time() + 10
code = None
while code is None and time.time() < end:
    drain(None, 0.1)
    done, status = os.waitpid(pid, os.WNOHANG)
    if done:
        code = os.waitstatus_to_exitcode(status)
if code is None:
    os.kill(pid, 9)
drain(None, 0.2)
same = "restored" if termios.tcgetattr(slave) == before else "changed"
sys.stdout.write(out.decode("utf-8", "replace"))
print("\n[code %s, terminal %s]" % (code, same))
PYTHON
    on_terminal() { # on_terminal TYPED QUIET ARGS
        typed=$1
        quiet=$2
        shift 2
        python3 "$dir/terminal.py" "$typed" "$quiet" "$jieda" "$@" >"$dir/out" 2>"$dir/err"
    }
    on_terminal '/quit\r' color chat -k "$tiny"
    says "chat on a terminal: banner" "小店"
    says "chat on a terminal: colours" "$(printf '\033\\[1m')"
    says "chat on a terminal: /quit" "^\[code 0, terminal restored\]"
    on_terminal '/quit\r' quiet chat -k "$tiny"
    if grep -q "$(printf '\033\\[[0-9]*m')" "$dir/out"; then fail "NO_COLOR"; else pass; fi
    on_terminal '\x04' color chat -k "$tiny"
    says "chat on a terminal: Ctrl-D" "^\[code 0, terminal restored\]"
    on_terminal 'abc\x03' color chat -k "$tiny"
    says "chat on a terminal: Ctrl-C" "^\[code 130, terminal restored\]"
    on_terminal '\x03' color ask -k "$tiny"
    says "ask on a terminal: Ctrl-C" "^\[code 130, terminal restored\]"

    on_terminal '退款多久到账\r/good\r退款多久到账\r/bad 太慢\r/stars 5\r/stars 6\r/quit\r' quiet \
        chat -k "$talk" --feedback "$dir/feedback"
    says "/good" "谢谢您的反馈"
    says "/stars" "/stars takes 1 to 5"
    cp "$dir/feedback" "$dir/out"
    json "--feedback"
    lines "--feedback" 3
    says "--feedback" '"decision_id":"[0-9a-z][^"]*","kind":"helpful","stars":0,"comment":""'
    says "--feedback" '"kind":"unhelpful","stars":0,"comment":"太慢"'
    says "--feedback" '"kind":"satisfaction","stars":5'
    on_terminal '/human\r/agent Li\r退款多久到账\r/say 您好\r/return\r/save '"$dir"'/state\r/cancel\r/ticket\r/load '"$dir"'/state\r/ticket\r/transcript\r/close\r/cancel\r/quit\r' \
        quiet chat -k "$talk"
    says "/human" "opened: ticket T[0-9A-Z]* P2 requested -> queue desk (nobody is called; "
    says "/agent: the bot is mute" "人工客服正在处理"
    says "/say" "^agent: 您好"
    says "/return" "waits in its queue again"
    says "/cancel" "cancelled: ticket T"
    says "/ticket" "^state     closed"
    says "/load: the ticket is open again" "^state     queued"
    says "/transcript" "UTC agent  *您好"
    says "/close" "the ticket is closed"
    says "/cancel without a ticket" "no open ticket"
    on_terminal '/reset\r/load '"$dir"'/list.tsv\r/save\r/hlep\r/close x\r/help\r/quit\r' quiet chat -k "$talk"
    says "/reset" "a new conversation begins"
    says "/load of another file" "^jieda: "
    says "/save without a file" "/save needs a file"
    says "an unknown command" "did you mean /help"
    says "/close x" "/close takes nothing"
    says "/help" "/transcript  *what was said"
    says "/help" "^\[code 0, terminal restored\]"
fi

finish

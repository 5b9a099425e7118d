#!/bin/sh
# model_fresh_test.sh JIEDA WALLET_KB - the pack's model was trained on the pack as it is. An older one
# works, but not as well as it could: `jieda train kb/wallet -o kb/wallet/pack.model --sparse-bits 15`.
set -eu
about=$("$1" version -k "$2" --json)
source=$(printf '%s' "$about" | jq -r .kb.wording_hash)
learned=$(printf '%s' "$about" | jq -r '.kb.model.inputs[0].hash')
if [ "$source" != "$learned" ]; then
    echo "FAILED: kb/wallet is $source, its pack.model was trained on $learned; train it again:"
    echo "    jieda train kb/wallet -o kb/wallet/pack.model --sparse-bits 15"
    exit 1
fi
echo "ok: $source"

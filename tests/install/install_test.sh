#!/bin/sh
# install_test.sh - what a user gets from `cmake --install`, seen from outside.
#
#   install_test.sh SOURCE_DIR
#
# Builds a release into a temporary prefix and looks at it as a stranger would: the libraries export
# what the headers promise and nothing else, keep no writable state and stay small; each header alone
# is strict C17 and C++17; one small program builds and answers a question against the shared library
# and the archive, found by pkg-config and by CMake. Ends with "N passed, N failed"; exit status 1 if
# one failed.

if [ $# -ne 1 ]; then
    echo "usage: $0 SOURCE_DIR" >&2
    exit 2
fi
source_dir=$(cd "$1" && pwd) || exit 2
LIBRARY_BYTES_MAX=1000000
passed=0
failed=0
dir=$(mktemp -d) || exit 2
trap 'rm -rf "$dir"' EXIT
trap 'exit 130' INT TERM
prefix=$dir/prefix

# ---- checking ------------------------------------------------------------------------------------

pass() {
    passed=$((passed + 1))
}

# fail NAME: shows the end of the log.
fail() {
    failed=$((failed + 1))
    echo "FAILED: $1"
    tail -15 "$dir/log" | sed 's/^/    /'
}

# ok NAME COMMAND...: the command succeeds.
ok() {
    name=$1
    shift
    if "$@" >"$dir/log" 2>&1; then pass; else fail "$name"; fi
}

# is NAME WANTED GOT
is() {
    if [ "$2" = "$3" ]; then
        pass
    else
        printf 'wanted: %s\ngot: %s\n' "$2" "$3" >"$dir/log"
        fail "$1"
    fi
}

finish() {
    echo "$passed passed, $failed failed"
    [ "$failed" -eq 0 ]
    exit
}

# need NAME COMMAND...: without it there is nothing more to look at.
need() {
    before=$failed
    ok "$@"
    if [ "$failed" -ne "$before" ]; then finish; fi
}

# ---- build and install ---------------------------------------------------------------------------

need 'configure a release' cmake -S "$source_dir" -B "$dir/build" -G Ninja \
    -DCMAKE_BUILD_TYPE=Release -DCMAKE_INSTALL_PREFIX="$prefix"
need 'build it' cmake --build "$dir/build"
need 'install it' cmake --install "$dir/build" --prefix "$prefix"

libjieda=$(find "$prefix" -name libjieda.so)
lib=$(dirname "$libjieda")
include=$prefix/include
PKG_CONFIG_PATH=$lib/pkgconfig
LD_LIBRARY_PATH=$lib
export PKG_CONFIG_PATH LD_LIBRARY_PATH

for file in bin/jieda include/jieda/jieda.h include/jieda/types.h include/jieda/build.h \
    include/jieda/hooks.h; do
    ok "$file is installed" test -f "$prefix/$file"
done
for file in libjieda.so libjieda.so.0 libjieda.a libjieda-build.so libjieda-build.a \
    libjieda-hooks.so libjieda-hooks.a pkgconfig/jieda.pc pkgconfig/jieda-build.pc \
    pkgconfig/jieda-hooks.pc cmake/jieda/jieda-config.cmake \
    cmake/jieda/jieda-config-version.cmake; do
    ok "$file is installed" test -e "$lib/$file"
done

# ---- the libraries -------------------------------------------------------------------------------

exported() { nm -D --defined-only "$1" | awk '{print $NF}' | sort; }
# What the headers declare with JIEDA_API, the name behind a line break included.
declared() {
    cat "$@" | tr '\n' ' ' | grep -o 'JIEDA_API [^;(]*(' | grep -o 'jieda_[a-z_]* *(' |
        tr -d ' (' | sort
}
# Objects in sections that are writable while the program runs. Tables of pointers in .data.rel.ro are
# not: the loader fills them in and locks them. completed.0, __dso_handle and __TMC_END__ are the C
# runtime's.
writable() {
    objdump -t "$1" | awk '$0 ~ / \.(data|bss|tbss|tdata)\t/ {print $NF}' |
        grep -vxE '\.(data|bss)|completed\.[0-9]+|__dso_handle|__TMC_END__|__cpu_(model|features2)' | sort | tr '\n' ' '
}
needed() { readelf -d "$1" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' | sort | tr '\n' ' '; }
soname() { readelf -d "$1" | sed -n 's/.*(SONAME).*\[\(.*\)\]/\1/p'; }

is 'libjieda exports what its header declares, nothing else' \
    "$(declared "$include/jieda/jieda.h")" "$(exported "$libjieda")"
is 'every exported name begins with jieda_ and is no internal one' '' \
    "$(exported "$libjieda" | grep -vE '^jieda_[a-z]')"
is 'libjieda-build exports jieda_build' 'jieda_build' \
    "$(exported "$lib/libjieda-build.so" | grep -x jieda_build)"
is 'and no internal name' '' "$(exported "$lib/libjieda-build.so" | grep -vE '^jieda_[a-z]')"
is 'libjieda has no writable global' '' "$(writable "$libjieda")"
is 'libjieda-build has none either' '' "$(writable "$lib/libjieda-build.so")"
is 'the soname carries the major version' libjieda.so.0 "$(soname "$libjieda")"
is 'so does that of libjieda-build' libjieda-build.so.0 "$(soname "$lib/libjieda-build.so")"
is 'libjieda needs no compiler of knowledge bases' '' \
    "$(needed "$libjieda" | grep -o jieda-build)"
is 'libjieda-hooks exports what its header declares, nothing else' \
    "$(declared "$include/jieda/hooks.h")" "$(exported "$lib/libjieda-hooks.so")"
is 'it has no writable global' '' "$(writable "$lib/libjieda-hooks.so")"
is 'nor needs libjieda' '' "$(needed "$lib/libjieda-hooks.so" | grep -o jieda)"
is 'nor does libjieda need what only hooks need' '' "$(needed "$libjieda" | grep -oE 'curl|crypto')"
ok 'libjieda can be stripped' strip -o "$dir/stripped.so" "$libjieda"
bytes=$(wc -c <"$dir/stripped.so" | tr -d ' ')
echo "libjieda.so stripped: $bytes bytes"
ok "libjieda stripped is below $LIBRARY_BYTES_MAX bytes, not $bytes" \
    test "$bytes" -lt "$LIBRARY_BYTES_MAX"

# ---- the headers ---------------------------------------------------------------------------------

for header in "$include"/jieda/*.h; do
    name=jieda/$(basename "$header")
    printf '#include <%s>\nint unused;\n' "$name" >"$dir/header.c"
    cp "$dir/header.c" "$dir/header.cc"
    ok "$name alone is strict C17" cc -std=c17 -pedantic-errors -Wall -Wextra -Werror \
        -Wstrict-prototypes -I"$include" -fsyntax-only "$dir/header.c"
    ok "$name alone is strict C++17" g++ -std=c++17 -pedantic-errors -Wall -Wextra -Werror \
        -I"$include" -fsyntax-only "$dir/header.cc"
done

# ---- a program -----------------------------------------------------------------------------------

cat >"$dir/app.c" <<'EOF'
#include <jieda/jieda.h>

#include <stdio.h>
#include <string.h>

int main(int argc, char **argv)
{
    jieda_engine *engine = NULL;
    jieda_session *session = NULL;
    const jieda_reply *reply;
    jieda_error err = {0};
    jieda_status st = jieda_open(argc > 1 ? argv[1] : "", NULL, &engine, &err);

    if (st == JIEDA_OK)
        st = jieda_session_new(engine, &session, &err);
    if (st == JIEDA_OK)
        st = jieda_ask(session, (jieda_str){argv[2], strlen(argv[2])}, &reply, &err);
    if (st == JIEDA_OK)
        printf("%s %.*s\n", jieda_decision_name(reply->decision), (int)reply->answer.len,
               reply->answer.ptr);
    else
        fprintf(stderr, "%s\n", err.message);
    jieda_session_free(session);
    jieda_close(engine);
    return st != JIEDA_OK;
}
EOF
cat >"$dir/builder.c" <<'EOF'
#include <jieda/build.h>

#include <stdio.h>

int main(int argc, char **argv)
{
    jieda_error err = {0};

    if (argc == 3 && jieda_build(argv[1], argv[2], NULL, NULL, &err) == JIEDA_OK)
        return 0;
    fprintf(stderr, "%s\n", err.message);
    return 1;
}
EOF
cat >"$dir/hooks.c" <<'EOF'
#include <jieda/hooks.h>

#include <stdio.h>

int main(int argc, char **argv)
{
    jieda_webhook_options options = JIEDA_WEBHOOK_OPTIONS_INIT;
    jieda_outbox_counts counts = {0, 0, 0, 0};
    jieda_webhook *webhook = NULL;
    jieda_outbox *outbox = NULL;
    jieda_handoff handoff = {0};
    jieda_error err = {0};
    jieda_status st = jieda_outbox_open(argc > 1 ? argv[1] : "", NULL, &outbox, &err);

    options.url = "http://127.0.0.1:1/"; /* nobody listens */
    handoff.idempotency_key = (jieda_str){"T1-1", 4};
    handoff.conversation_id = (jieda_str){"c1", 2};
    handoff.ticket = (jieda_str){"{}", 2};
    if (st == JIEDA_OK)
        st = jieda_webhook_new(&options, &webhook, &err);
    if (st == JIEDA_OK && jieda_outbox_hook(outbox, &handoff) != JIEDA_HANDOFF_ACCEPTED)
        st = JIEDA_E_IO;
    if (st == JIEDA_OK)
        st = jieda_outbox_deliver(outbox, NULL, 1, jieda_webhook_send, webhook, NULL, &err);
    if (st == JIEDA_OK)
        st = jieda_outbox_stats(outbox, &counts, &err);
    printf("%s%d pending\n", err.message, (int)counts.pending);
    jieda_webhook_free(webhook);
    jieda_outbox_close(outbox);
    return st != JIEDA_OK;
}
EOF
printf 'refund\t怎么退款\t打开订单，点申请退款。\nrefund\t我要退钱\nhours\t几点开门\t早上九点。\n' \
    >"$dir/list.tsv"
need 'the installed tool compiles a list' "$prefix/bin/jieda" build "$dir/list.tsv" -o "$dir/list.kb"

question=怎么退款
answer='answer 打开订单，点申请退款。'

# answers NAME APP: it gives the answer.
answers() {
    if [ -x "$2" ]; then
        is "$1 answers" "$answer" "$("$2" "$dir/list.kb" "$question" 2>&1)"
    else
        fail "$1 was not built"
    fi
}
strict='-std=c17 -pedantic-errors -Wall -Wextra -Werror'

# shellcheck disable=SC2046,SC2086 # lists of flags
ok 'pkg-config, shared: builds' cc $strict "$dir/app.c" -o "$dir/app_shared" \
    $(pkg-config --cflags --libs jieda)
answers 'pkg-config, shared' "$dir/app_shared"
is 'it needs libjieda, not libjieda-build' libjieda.so.0 \
    "$(needed "$dir/app_shared" | tr ' ' '\n' | grep jieda)"

# Both libraries lie in one folder, where -ljieda means the shared one: the archive is asked for by
# name.
# shellcheck disable=SC2046,SC2086
ok 'pkg-config, static: builds' cc $strict "$dir/app.c" -o "$dir/app_static" \
    $(pkg-config --static --cflags --libs jieda | sed 's/-ljieda/-l:libjieda.a/')
answers 'pkg-config, static' "$dir/app_static"
is 'it needs no libjieda' '' "$(needed "$dir/app_static" | grep -o jieda)"

# shellcheck disable=SC2046,SC2086
ok 'pkg-config, compiler shared: builds' cc $strict "$dir/builder.c" -o "$dir/builder_shared" \
    $(pkg-config --cflags --libs jieda-build)
ok 'and compiles' "$dir/builder_shared" "$dir/list.tsv" "$dir/list_shared.kb"
ok 'the same bytes as the tool' cmp "$dir/list.kb" "$dir/list_shared.kb"
# shellcheck disable=SC2046,SC2086
ok 'pkg-config, compiler static: builds' cc $strict "$dir/builder.c" -o "$dir/builder_static" \
    $(pkg-config --static --cflags --libs jieda-build |
        sed 's/-ljieda-build/-l:libjieda-build.a/; s/-ljieda\>\([^-]\|$\)/-l:libjieda.a /')
ok 'and compiles' "$dir/builder_static" "$dir/list.tsv" "$dir/list_static.kb"
ok 'the same bytes as the tool' cmp "$dir/list.kb" "$dir/list_static.kb"

# keeps NAME APP: it keeps a ticket that it could not send.
keeps() {
    rm -f "$dir"/outbox*
    is "$1 keeps a ticket" '1 pending' "$("$2" "$dir/outbox" 2>&1)"
}
# shellcheck disable=SC2046,SC2086
ok 'pkg-config, hooks shared: builds' cc $strict "$dir/hooks.c" -o "$dir/hooks_shared" \
    $(pkg-config --cflags --libs jieda-hooks)
keeps 'pkg-config, hooks shared' "$dir/hooks_shared"
# With --static, libcurl.pc would ask for the archives of everything that libcurl may use.
# shellcheck disable=SC2046,SC2086
ok 'pkg-config, hooks archive: builds' cc $strict "$dir/hooks.c" -o "$dir/hooks_static" \
    $(pkg-config --cflags jieda-hooks) "$lib/libjieda-hooks.a" \
    $(pkg-config --libs sqlite3 libcurl libcrypto)
keeps 'pkg-config, hooks archive' "$dir/hooks_static"

mkdir "$dir/cmake"
cp "$dir/app.c" "$dir/builder.c" "$dir/hooks.c" "$dir/cmake"
cat >"$dir/cmake/CMakeLists.txt" <<'EOF'
cmake_minimum_required(VERSION 3.25)
project(app LANGUAGES C)
find_package(jieda 0.1 REQUIRED)
foreach(kind jieda static)
  add_executable(app_${kind} app.c)
  target_link_libraries(app_${kind} PRIVATE jieda::${kind})
endforeach()
foreach(kind hooks_shared hooks_static)
  add_executable(app_${kind} hooks.c)
  target_link_libraries(app_${kind} PRIVATE jieda::${kind})
endforeach()
foreach(kind build_shared build_static)
  add_executable(app_${kind} builder.c)
  target_link_libraries(app_${kind} PRIVATE jieda::${kind})
endforeach()
EOF
ok 'find_package(jieda) finds it' cmake -S "$dir/cmake" -B "$dir/cmake/build" -G Ninja \
    -DCMAKE_PREFIX_PATH="$prefix"
ok 'CMake builds the programs' cmake --build "$dir/cmake/build"
answers 'jieda::jieda' "$dir/cmake/build/app_jieda"
answers 'jieda::static' "$dir/cmake/build/app_static"
is 'jieda::jieda needs libjieda, not libjieda-build' libjieda.so.0 \
    "$(needed "$dir/cmake/build/app_jieda" | tr ' ' '\n' | grep jieda)"
is 'jieda::static needs no libjieda' '' \
    "$(needed "$dir/cmake/build/app_static" | grep -o jieda)"
for kind in shared static; do
    keeps "jieda::hooks_$kind" "$dir/cmake/build/app_hooks_$kind"
    ok "jieda::build_$kind compiles" "$dir/cmake/build/app_build_$kind" "$dir/list.tsv" \
        "$dir/cmake_$kind.kb"
    ok 'the same bytes as the tool' cmp "$dir/list.kb" "$dir/cmake_$kind.kb"
done

finish

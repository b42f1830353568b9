#!/usr/bin/env bash
# The story of TrialSync with real processes: a centre on loopback with TLS, two sites, three laptops, twenty made-up
# participants over 48 weeks, a conflict and its resolution, and the endpoint report. It prints every command that it
# runs, and cleans up after itself; KEEP=1 leaves the centre and a site's page running, and the files where they are.
set -euo pipefail

bin=${BIN:-$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && swift build --show-bin-path)}
work=$(mktemp -d "${TMPDIR:-/tmp}/trialsync-demo.XXXXXX")
export PATH="$bin:$PATH" TRIALSYNC_DATA="$work/centre" TRIALSYNC_STATE="$work/state"
daemon=
page=
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
data=$root/Examples/MadeUpTrial
started=$SECONDS

finish() {
    local status=$?
    if [ "${KEEP:-}" = 1 ] && [ $status -eq 0 ]; then
        printf '\nThe centre goes on at %s (process %s); everything is in %s.\n' "$address" "$daemon" "$work"
        printf 'To go on:  export PATH=%q:$PATH TRIALSYNC_DATA=%q TRIALSYNC_STATE=%q\n' "$bin" "$TRIALSYNC_DATA" "$TRIALSYNC_STATE"
        printf 'To end it: kill %s %s && rm -r %q\n' "$daemon" "$page" "$work"
        return
    fi
    [ -z "$page" ] || { kill "$page" 2>/dev/null && wait "$page" 2>/dev/null || true; }
    if [ -n "$daemon" ]; then
        kill "$daemon" 2>/dev/null || true
        wait "$daemon" 2>/dev/null || true
    fi
    [ $status -eq 0 ] || { echo "The demo failed; the centre's log:"; tail -n 20 "$work/centre.log" 2>/dev/null; }
    rm -rf "$work"
}
trap finish EXIT

if [ -t 1 ]; then bold=$'\033[1m' plain=$'\033[0m'; else bold= plain=; fi
chapter() { printf '\n%s== %s%s\n' "$bold" "$*" "$plain"; }
# Prints a command as a reader would type it, and runs it.
run() {
    printf '$ %s\n' "$(printf '%q ' "$@" | sed -e "s|$work/||g" -e "s|$root/||g" -e 's/ $//')"
    "$@"
}
quiet() { printf '$ %s\n' "$(printf '%q ' "$@" | sed -e "s|$work/||g" -e "s|$root/||g" -e 's/ $//')"; "$@" >/dev/null; }
as() { # as PERSON LAPTOP COMMAND...: a person acts on a laptop
    local person=$1 laptop=$2
    shift 2
    TRIALSYNC_PASSWORD="made-up-$person" run trialsync "$@" --store "$work/$laptop" --user "$person"
}
quietly() {
    local person=$1 laptop=$2
    shift 2
    TRIALSYNC_PASSWORD="made-up-$person" quiet trialsync "$@" --store "$work/$laptop" --user "$person"
}
field() { sed -n "s/.*\"$1\":\"\([^\"]*\)\".*/\1/p" | head -n 1; }
serve() {
    trialsyncd serve --listen "${1:-127.0.0.1:0}" >"$work/address" 2>>"$work/centre.log" &
    daemon=$!
    for _ in $(seq 200); do
        address=$(sed -n 's/^listening on //p' "$work/address")
        [ -n "$address" ] && return
        kill -0 "$daemon" || return 1
        sleep 0.05
    done
    return 1
}

echo "Everything happens in a temporary directory that goes at the end; KEEP=1 make demo keeps it and the centre."
echo "Links work once and ids are drawn anew: take those that your own run prints. To repeat a command, set there:"
echo "  export TRIALSYNC_DATA=centre TRIALSYNC_STATE=state TRIALSYNC_PASSWORD=made-up-NAME-OF-THE-USER"

chapter "A centre, two sites, five people (all names and data below are made up)"
run trialsyncd init
printf '$ trialsyncd serve --listen 127.0.0.1:0 &\n'
serve
cat "$work/address"
run trialsyncd site add PKU "Example hospital north"
run trialsyncd site add SHA "Example hospital south"
add() { # add PERSON ROLE [SITE]
    printf '$ trialsyncd user add %s --role %s%s --password-stdin\n' "$1" "$2" "${3:+ --site $3}"
    echo "made-up-$1" | trialsyncd user add "$1" --role "$2" ${3:+--site "$3"} --password-stdin
}
add nurse-1 dataEntry PKU
add nurse-2 dataEntry PKU
add nurse-3 dataEntry SHA
add doctor-1 investigator PKU
add coordinator-1 coordinator

chapter "Three laptops join with one-time links; from here on they need no network"
join() { # join PERSON LAPTOP SITE
    local link
    printf '$ trialsyncd invite --site %s\n' "$3"
    link=$(trialsyncd invite --site "$3" --json | field link)
    as "$1" "$2" enroll "$link" --name "$2"
}
join nurse-1 laptop-a PKU
join nurse-2 laptop-b PKU
join nurse-3 laptop-c SHA

chapter "The centre goes away: twenty participants are enrolled offline"
printf '$ kill %s   (the process of trialsyncd serve)\n' "$daemon"
kill "$daemon" && wait "$daemon" || true
port=${address##*:}
daemon=
enrol() { # enrol PERSON LAPTOP COUNT
    printf '$ trialsync participant add --store %s --user %s   (%s times)\n' "$2" "$1" "$3"
    for _ in $(seq "$3"); do
        TRIALSYNC_PASSWORD="made-up-$1" trialsync participant add --store "$work/$2" --user "$1" >/dev/null
    done
}
enrol nurse-1 laptop-a 10
enrol nurse-2 laptop-b 2
enrol nurse-3 laptop-c 8
as nurse-1 laptop-a visit edit PKU-001 BL SV.date=2024-03-04 VS.weight=70.0
echo "(a sync now cannot reach the centre; everything stays saved)"
as nurse-1 laptop-a sync || echo "exit code $?"
as nurse-1 laptop-a status

chapter "The centre is back: everybody syncs"
printf '$ trialsyncd serve --listen 127.0.0.1:%s &\n' "$port"
serve "127.0.0.1:$port"
as nurse-1 laptop-a sync
as nurse-2 laptop-b sync
as nurse-3 laptop-c sync

chapter "Two nurses, offline, work on the same visit"
as nurse-1 laptop-a visit edit PKU-001 BL VS.weight=71.5 --reason "typing error"
as nurse-2 laptop-b visit edit PKU-001 BL VS.weight=72.5 --reason "re-weighed"
echo "(a different item of the same visit: it merges by itself)"
as nurse-2 laptop-b visit edit PKU-001 BL PGA.vas=42
as nurse-1 laptop-a sync
as nurse-2 laptop-b sync
as nurse-1 laptop-a sync

chapter "The weight is flagged, with both values, on both laptops and at the centre"
as nurse-1 laptop-a conflicts
as nurse-2 laptop-b conflicts
run trialsyncd conflicts
conflict=$(trialsyncd conflicts --json | field id)
run trialsyncd conflict show "$conflict"

chapter "The coordinator decides; nothing is thrown away"
entry=$(trialsyncd conflict show "$conflict" --json | tr '{' '\n' | grep -B1 '"VS.weight":72.5' | field entry)
TRIALSYNC_PASSWORD=made-up-coordinator-1 run trialsyncd conflict resolve "$conflict" --take "$entry" \
    --reason "the scale was calibrated that morning" --user coordinator-1
as nurse-1 laptop-a sync
as nurse-2 laptop-b sync
as nurse-3 laptop-c sync
as nurse-1 laptop-a visit show PKU-001 BL --history

chapter "48 weeks go by: visits, doses, medication and adverse events, entered offline (all made up)"
as nurse-1 laptop-a import "$data/PKU-visits.csv"
as nurse-1 laptop-a import "$data/PKU-logs.csv"
as nurse-3 laptop-c import "$data/SHA-visits.csv"
as nurse-3 laptop-c import "$data/SHA-logs.csv"
as nurse-1 laptop-a schedule PKU-003
as nurse-1 laptop-a visit show PKU-003 D14
as nurse-1 laptop-a sync
as nurse-3 laptop-c sync

chapter "The coordinator asks, the site answers offline"
TRIALSYNC_PASSWORD=made-up-coordinator-1 run trialsyncd query raise PKU-008 W12 RI.kidney \
    "the kidney has no score at week 12: was it examined?" --user coordinator-1
as nurse-1 laptop-a sync
as nurse-1 laptop-a query list
query=$(TRIALSYNC_PASSWORD=made-up-nurse-1 trialsync query list --json --store "$work/laptop-a" --user nurse-1 |
    tr '{' '\n' | grep RI.kidney | field id)
as nurse-1 laptop-a query answer "$query" "not examined, the scanner was down"
as nurse-1 laptop-a sync
run trialsyncd query list

chapter "An investigator signs on the same laptop, the coordinator locks: later edits would be held"
as doctor-1 laptop-a visit sign PKU-003 BL --meaning "reviewed and correct"
as nurse-1 laptop-a sync
TRIALSYNC_PASSWORD=made-up-coordinator-1 run trialsyncd lock PKU-003 BL --reason "source data verified" \
    --user coordinator-1
as nurse-1 laptop-a sync

chapter "The trial as the coordinator sees it"
run trialsyncd status
run trialsyncd report reconcile
run trialsyncd report dosing
run trialsyncd report endpoints

chapter "Everybody has the same, and can prove it"
run trialsyncd digest
as nurse-2 laptop-b sync
as nurse-1 laptop-a digest
as nurse-2 laptop-b digest
as nurse-3 laptop-c digest
centre=$(trialsyncd digest --site PKU --json | field digest)
for pair in "nurse-1 laptop-a" "nurse-2 laptop-b"; do
    here=$(TRIALSYNC_PASSWORD="made-up-${pair% *}" trialsync digest --store "$work/${pair#* }" --user "${pair% *}" --json | field digest)
    [ "$here" = "$centre" ] || { echo "the digest of ${pair#* } differs"; exit 1; }
done
run trialsyncd verify
as nurse-1 laptop-a verify
as nurse-2 laptop-b verify
as nurse-3 laptop-c verify

chapter "The same in a browser: the console of the centre, and the page of one laptop"
trialsync ui --no-open --store "$work/laptop-a" >"$work/page" 2>>"$work/page.log" &
page=$!
printf '$ trialsync ui --no-open --store laptop-a &\n'
for _ in $(seq 200); do
    site=$(sed -n 's/^open //p' "$work/page")
    [ -n "$site" ] && break
    kill -0 "$page"
    sleep 0.05
done
# What a browser gets: the console by way of the trial's own authority, the site's page by its one-time address.
curl -fsS --cacert "$work/centre/tls/ca.pem" -o "$work/console.html" "$address/login"
grep -q '<form' "$work/console.html"
printf '%-10s %s\n' console "$address   coordinator-1, password made-up-coordinator-1" \
    "the site" "$site   nurse-1, password made-up-nurse-1"
echo "The browser asks once about the console's certificate: the trial's own authority signed it, no public one."
[ "${KEEP:-}" = 1 ] || echo "Both end now; KEEP=1 make demo leaves them for a look."
printf '\nDone in %s s: 20 participants, one conflict, two values kept, one decision, digests equal.\n' "$((SECONDS - started))"

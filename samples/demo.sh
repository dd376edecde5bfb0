#!/usr/bin/env bash
# A whole case from samples/, each command shown as one would type it; `make demo` runs it. What it makes lies in demo/.
# Stops at the first exit code that is not the expected one. The last two lines name the report and the packet.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

TOP=$PWD
SCRATCH=$(mktemp -d)
AUTHORITY_PID=
SITE_PID=
export PATH="$TOP/.venv/bin:$PATH"
export FORENSICS_HOME="$SCRATCH/home" FORENSICS_KEY_PASSPHRASE="for this demonstration only"
trap 'kill $AUTHORITY_PID $SITE_PID 2>/dev/null || true; rm -rf "$SCRATCH"' EXIT

say() { printf '\n# %s\n' "$*"; }
stop() { printf 'demo: %s\n' "$*" >&2; exit 1; }

# Shows words as they would be typed.
shown() {
    local word
    for word; do
        if [[ $word =~ ^[[:alnum:]_./:=@,+-]+$ ]]; then printf ' %s' "$word"; else printf ' "%s"' "$word"; fi
    done
}

# Runs a command that must end with the given exit code.
step() {
    local expected=$1 code=0
    shift
    printf '$%s\n' "$(shown "$@")"
    "$@" || code=$?
    [[ $code == "$expected" ]] || stop "this should have ended with exit code $expected and ended with $code:$(shown "$@")"
}

# Starts a time-stamp authority on this machine: real RFC 3161 tokens, worth nothing as evidence.
start_authority() {
    local anchor
    : >"$SCRATCH/authority.out"
    .venv/bin/python -m tests.fakes.tsa --port 0 --folder "$SCRATCH/authority" >"$SCRATCH/authority.out" &
    AUTHORITY_PID=$!
    until read -r AUTHORITY anchor <"$SCRATCH/authority.out"; do
        kill -0 "$AUTHORITY_PID" 2>/dev/null || stop "the test authority ended by itself"
        sleep 0.2
    done
    cp "$anchor" demo/test-authority.pem
}

# Serves samples/ on this machine, as a web site would.
start_site() {
    local words
    : >"$SCRATCH/site.out"
    .venv/bin/python -u -m http.server 0 --bind 127.0.0.1 --directory samples >"$SCRATCH/site.out" 2>/dev/null &
    SITE_PID=$!
    until read -r words <"$SCRATCH/site.out"; do
        kill -0 "$SITE_PID" 2>/dev/null || stop "the web site ended by itself"
        sleep 0.2
    done
    [[ $words =~ (http://[0-9.]+:[0-9]+/) ]] || stop "the web site does not tell its address: $words"
    SITE=${BASH_REMATCH[1]}
}

# Names the authority in the configuration file, as one would name a real one.
configure() {
    mkdir -m 700 "$FORENSICS_HOME"
    cp demo/test-authority.pem "$FORENSICS_HOME"
    printf '[[authority]]\nurl = "%s"\ncertificates = ["test-authority.pem"]\n' "$AUTHORITY" |
        tee "$FORENSICS_HOME/config.toml"
}

rm -rf demo
mkdir demo

say "A TEST time-stamp authority runs on this machine in place of a real one; its tokens prove nothing to anybody else." \
    "config.toml names it:"
start_authority
configure

say "1. Open a case. A signing key is made where there is none."
step 0 forensics new demo/case --title "示例案件:被冒用的短片" --examiner "Sample Examiner" --jurisdiction cn --lang zh

say "2. Collect. Bytes are hashed when they are first read; the placeholder for an intimate picture is stored encrypted." \
    "A page is captured by a real browser, here from a web site on this machine."
step 0 forensics collect demo/case samples/courtyard.jpg samples/courtyard-contradiction.jpg samples/declared-generated.png \
    samples/unlabelled-copy.jpg samples/labelled-clip.mp4 samples/misnamed.jpg samples/clip.mp4 samples/chat-export.txt samples/示例说明.txt \
    samples/speech-questioned.mp4 samples/speech-footage.mp4 samples/speech-repost.mp4 \
    --received-from "samples/, in the source code of this program" --note "made by samples/make.py"
step 0 forensics collect demo/case samples/placeholder-intimate.png --sensitivity intimate

start_site
step 0 forensics collect demo/case "${SITE}group-page.html" --access-mode public

say "   Faces are compared only where a legal basis is recorded. The person is invented; the reference photos become items."
step 0 forensics subject demo/case 示例甲 --photo samples/reference-1.jpg --photo samples/reference-2.jpg \
    --photo samples/reference-3.jpg --basis "示例:虚构人物,无需同意" --scope "本案"

say "3. Examine what was collected."
step 0 forensics analyze demo/case --jobs 2

say "   Two copies of one work: which labels does one have, and the other not?"
step 0 forensics compare-labels demo/case samples/declared-generated.png samples/unlabelled-copy.jpg

say "   The clip in question against the footage that it may have been made of, and against the reference photos."
step 0 forensics compare demo/case samples/speech-questioned.mp4 samples/speech-footage.mp4 --subject 示例甲

say "   Which items show the same footage, whole or in part? Who is seen where?"
step 0 forensics match demo/case
step 0 forensics faces demo/case

say "4. Write the report: in the language of the case, in English, in French."
step 0 forensics report demo/case
step 0 forensics report demo/case --lang en --out demo/report-en
step 0 forensics report demo/case --lang fr --out demo/report-fr

say "5. Build the packet that is handed over, and export the public key, which is handed over another way."
step 0 forensics bundle demo/case demo/packet.zip
printf '$ forensics key export > demo/examiner.pem\n'
forensics key export >demo/examiner.pem

say "6. What needs nothing of this program: a packet is a BagIt folder. And what a forger meets: one byte is changed."
step 0 python -m zipfile -e demo/packet.zip demo/opened
digest=$(sha256sum samples/courtyard.jpg | cut -d' ' -f1)
blob=$(echo demo/opened/*/data/blobs/"${digest:0:2}/$digest")
folder=${blob%%/data/blobs/*}
step 0 python -m bagit --validate --quiet "$folder"
printf '$ printf X | dd of=%s bs=1 seek=5000 conv=notrunc\n' "$blob"
chmod u+w "$blob"
printf X | dd of="$blob" bs=1 seek=5000 conv=notrunc status=none
! cmp -s samples/courtyard.jpg "$blob" || stop "the byte was an X before"
step 10 forensics verify "$folder" --key demo/examiner.pem --trust demo/test-authority.pem
rm -rf demo/opened

say "7. What everybody else does: verify the packet, without a network, with the key and the authority known from outside."
step 0 forensics verify demo/packet.zip --key demo/examiner.pem --trust demo/test-authority.pem

for made in demo/case/reports/report.pdf demo/packet.zip; do
    [[ -s $made ]] || stop "$made was not made"
done
printf '\nreport: %s\npacket: %s\n' "$TOP/demo/case/reports/report.pdf" "$TOP/demo/packet.zip"

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

# Gives the first finding of a kind that no exhibit uses yet, as `forensics status` names it.
reference() {
    forensics status demo/case --json | .venv/bin/python -c '
import json, sys
leads = [lead for element in json.load(sys.stdin)["elements"] for lead in element["leads"]]
print(next(lead["findings"][0] for lead in leads if lead["what"] == sys.argv[1]))' "$1"
}

# Makes a key and certificate with which PDF files are sealed: a real one comes from a certification authority.
make_seal() {
    export FORENSICS_SIGN_PASSPHRASE="for this demonstration only"
    openssl req -x509 -newkey rsa:2048 -nodes -days 30 -subj "/CN=Sample Examiner (TEST)" \
        -keyout "$SCRATCH/seal.key" -out "$SCRATCH/seal.pem" 2>/dev/null
    openssl pkcs12 -export -inkey "$SCRATCH/seal.key" -in "$SCRATCH/seal.pem" -out "$SCRATCH/seal.p12" \
        -passout env:FORENSICS_SIGN_PASSPHRASE
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
step 0 forensics new demo/case --title "示例案件：群内换脸短片" --examiner "Sample Examiner" --jurisdiction cn --lang zh

say "2. Collect. Bytes are hashed when they are first read. First the folder of exports, by who handed them over: two" \
    "members of the group, the investigator, the payment providers."
step 0 forensics collect demo/case samples/exports/group --received-from 示例群友一 --access-mode witness_supplied \
    --device "示例电脑，Telegram Desktop自带的导出功能"
step 0 forensics collect demo/case samples/exports/group-second-member --received-from 示例群友二 \
    --access-mode witness_supplied --device "示例电脑（东九区），Telegram Desktop自带的导出功能"
step 0 forensics collect demo/case samples/exports/wechat samples/exports/phone-notes.csv samples/exports/payment-page.png \
    samples/exports/chat-page.png --received-from 示例承办人 --access-mode witness_supplied
step 0 forensics collect demo/case samples/exports/wechat-bill.csv samples/exports/alipay-bill.csv \
    --received-from "示例支付机构" --access-mode provider_return

say "   Then pictures and clips. The placeholder for an intimate picture is stored encrypted; a page is captured by a real" \
    "browser, here from a web site on this machine."
step 0 forensics collect demo/case samples/courtyard.jpg samples/courtyard-contradiction.jpg samples/declared-generated.png \
    samples/unlabelled-copy.jpg samples/labelled-clip.mp4 samples/misnamed.jpg samples/clip.mp4 samples/chat-export.txt samples/示例说明.txt \
    samples/speech-questioned.mp4 samples/speech-footage.mp4 samples/speech-repost.mp4 \
    --received-from "samples/, in the source code of this program" --note "made by samples/make.py"
step 0 forensics collect demo/case samples/placeholder-intimate.png --sensitivity intimate

start_site
step 0 forensics collect demo/case "${SITE}group-page.html" --access-mode public

say "   Faces are compared only where a legal basis is recorded. The person is invented; the reference photos become items."
step 0 forensics subject demo/case 示例甲 --photo samples/reference-1.jpg --photo samples/reference-2.jpg \
    --photo samples/reference-3.jpg --basis "示例：虚构人物，无需同意" --scope "本案"

say "3. Examine what was collected. The exports of WeChat do not say in which zone their times are: a person does."
step 0 forensics analyze demo/case --jobs 2 --set chats.zone=Asia/Shanghai

say "   Two copies of one work: which labels does one have, and the other not?"
step 0 forensics compare-labels demo/case samples/declared-generated.png samples/unlabelled-copy.jpg

say "   The clip in question against the footage that it may have been made of, and against the reference photos."
step 0 forensics compare demo/case samples/speech-questioned.mp4 samples/speech-footage.mp4 --subject 示例甲

say "   Which items show the same footage, whole or in part? Who is seen where?"
step 0 forensics match demo/case
step 0 forensics faces demo/case

say "4. What a person knows and no file says: whose account is in question, which names in the bills are accounts of the" \
    "chats, what a screenshot shows, what was spent."
step 0 forensics state demo/case account --set name=示例站长 --text "群主，本案所涉账号"
step 0 forensics state demo/case account --set name=sample-owner@example.com --text "支付宝账单所载账户"
step 0 forensics state demo/case alias --set account=示例客户辛 --set alias=夏天的云
step 0 forensics state demo/case alias --set account=示例客户壬 --set alias=冬天的树
step 0 forensics confirm demo/case samples/exports/payment-page.png --zone Asia/Shanghai \
    --payment "amount=288.00,currency=CNY,at=2022-07-25 21:14:05,payer=示例客户卯,channel=transfer,line=4"
step 0 forensics confirm demo/case samples/exports/chat-page.png --zone Asia/Shanghai \
    --payment "amount=120.00,currency=CNY,at=2022-07-26 20:31:00,payer=示例客户辰,channel=transfer,line=7"
step 0 forensics state demo/case mandate --set asked_by=示例检察院 --set questions="短片中的人脸是否被替换？" \
    --set questions="群内收取了多少款项？传播范围如何？" --set scope="群聊、账单和相关短片"
step 0 forensics state demo/case author --set name="Sample Examiner" --set qualification="检察技术人员（虚构）" \
    --set relation="与当事人无利害关系" --set ai_assistance="未使用"
step 0 forensics state demo/case cost --set amount=300.00 --set currency=CNY --set on=2022-08-20 --set purpose=打印费
step 0 forensics state demo/case fact --set element=E7 --text "权利人陈述：从未同意他人处理其人脸信息。"

say "   Money: each class of certainty by itself, to the last fen. Spread: accounts, between bounds. Words: also two characters."
step 0 forensics money demo/case --csv demo/payments.csv
step 0 forensics spread demo/case
step 0 forensics search demo/case 换脸

say "   Exhibits: which items and findings go to which element of proof. status says what is still missing to file."
page=$(reference page.reached)
comparison=$(reference source.comparison)
step 0 forensics exhibit demo/case ITEM-0032 --title "群页面取证记录" --element E2 --element E8 --finding "$page"
step 0 forensics exhibit demo/case ITEM-0001 --title "示例资源群聊天记录（群友一导出）" \
    --element E2 --element E5 --element E8 --element E9 --element E10
step 0 forensics exhibit demo/case ITEM-0008 --title "同一群聊天记录（群友二导出）" --element E2 --element E9
step 0 forensics exhibit demo/case ITEM-0017 ITEM-0018 --title "微信和支付宝账单" --element E9
step 0 forensics exhibit demo/case ITEM-0028 ITEM-0029 --title "涉案视频与原视频的比对" --element E3 --finding "$comparison"
step 0 forensics status demo/case

say "5. Write the report: in the language of the case, in English, in French. The first is sealed with a TEST certificate," \
    "together with its papers and the catalogue of evidence."
make_seal
step 0 forensics report demo/case --sign "$SCRATCH/seal.p12" --tsa "$AUTHORITY" --tsa-anchor demo/test-authority.pem
step 0 forensics report demo/case --lang en --out demo/report-en
step 0 forensics report demo/case --lang fr --out demo/report-fr

say "6. Build the packet that is handed over, and export the public key, which is handed over another way."
step 0 forensics bundle demo/case demo/packet.zip
printf '$ forensics key export > demo/examiner.pem\n'
forensics key export >demo/examiner.pem

say "7. What needs nothing of this program: a packet is a BagIt folder. And what a forger meets: one byte is changed."
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

say "8. What everybody else does: verify the packet, without a network, with the key and the authority known from outside."
step 0 forensics verify demo/packet.zip --key demo/examiner.pem --trust demo/test-authority.pem

for made in demo/case/reports/report.pdf demo/packet.zip; do
    [[ -s $made ]] || stop "$made was not made"
done
printf '\nreport: %s\npacket: %s\n' "$TOP/demo/case/reports/report.pdf" "$TOP/demo/packet.zip"

"""Names of boxes of ISO base media and QuickTime files, and which hold others.

Source: the registry of the MP4 registration authority (boxes, user data, item properties, boxes of sample entries);
Apple, QuickTime File Format; the table of names that ExifTool knows from files of cameras and phones.
"""

from __future__ import annotations

from collections.abc import Mapping

_ISO = """
ftyp styp etyp otyp pdin moov mvhd meta mfra tfra mfro moof mfhd mdat imda free skip udta uuid meco mere prft emsg sidx
ssix trak tkhd tref trgr edts elst mdia mdhd hdlr minf elng vmhd smhd hmhd nmhd sthd dinf dref stbl stsd stts ctts cslg
stsc stsz stz2 stco co64 stss stsh padb stdp sdtp sbgp sgpd csgp subs saiz saio mvex mehd trex trep leva traf tfhd trun
tfdt tfad tfma ttyp tyco iods cprt tsel kind strk stri strd stsg sinf frma schm schi rinf srpp iloc ipro iinf infe iref
pitm idat iprp ipco ipma ipmc imif grpl altr ster eqiv  bxml fiin paen fire fpar fecr segr gitn fdel feci assp cinf
ludt tlou alou hnti hinf   tims tsro snro trpy nump tpyl totl npck tpay maxr dmed dimm drep tmin tmax pmax dmax
payt tmax pssh tenc senc bloc ainf avcn trik evti dint dihd frpa pfil pfhd ploc pseg pshd ptle bidx fidx pdat
crhd iphd m7hd mjhd ochd odhd sdhd ID32 mvcg mvci mvra swtc stvi vwdi vipr tibr tiri tran svpr svip svdr sdep seii ldep
iroi rrgn mstv sstl stmg stti tstb dsgd dstg srmb srmc cstb suep loop UITS hpix jumb jumd c2sh jpvi jxpl bmdm
auxC ispe pixi irot imir iscl clap rloc lsel oinf tols brnd iaux ienc crtt mdft udes altt aebr afbr dobr fobr wbbr amve
mskC rref ssld stpe wipe zoom fade splt pano mcrs mtxf tiep cmex cmin a1op a1lx mdcv clli cclv covi ovly rotn rwpk prfr
fovi fvsi iivo vssn v3cC v3tp vutp j2kH j2kP jxsH ccst auxi uncC cmpd cloc snuc disi splz fpac itai taic
avcC hvcC lhvC hvtC vvcC vvnC av1C vpcC evcC evsC svcC mvcC mvcP svcP mvdC a3dC btrt colr pasp fiel esds m4ds dac3 dec3
dac4 dmlp mhaC mhaD mhaP maeI maeM chnl dmix srat udc1 udc2 udi1 udi2 udex ueqc ueqi leqi pdc1 pdi1 dvcC dvvC dvwC hvcE
CoLL SmDm scrb seib vsib vwid vlab vttC vttc txtC uriI ecam icam qlif dhec svmC jpgC dOps dfLa alac pcmC lpcm
d263 damr dawp devc dqcp dsmv bitr ddts ftab povd fovd movd mesh otcf coif 2dqr 2dss srqr sprg rosc rvif meof
vexu hfov eyes must stri hero cams cmfy prji proj prhd equi cbmp mshp ytmp sv3d st3d svhd SA3D SAND lhvc blin
iacb mp4s mp4a wvtt iden sttg payl stpp
"""
_QUICKTIME = """
wide pnot pict PICT junk frea clip crgn ctab imap kmat load matt tapt clef prof enof gmhd gmin tmcd tcmi text tcdt
cmov dcom cmvd rmra rmda rdrf rmdr rmcs rmvc rmcd rmqu alis rsrc   wave chan enda gama glbl samr free hint ptv
stps sdtp idsc iicc mebx keys mdta mhdr ctry lang ilst itif mean name data dtad thum thmb ssrc obid vide play
tims ACLR ARES ADHR APRG DSIZ wfex wfmt mp4v mjqt mjht ispe  xtra chrm dvc1 user  iviv righ hdri ardt udat
prrt IDIT gps0 gsen gpsa gsea sefd mpvd  samn beam fre1 moov covr cdsc chap sync scpt fall forc folw subt cdep
mpod dpnd ipir cdtg amve spsh dflt hnti htka _htc sens slmt vtbl dims jP2H CNCV CCTP CTBO CNOP CMT1 CMT2 CMT3 CMT4
THMB PRVW CNTH CNDA CNDM CNDB CNFV CNMN camm gpmd gpmf PROF FPRF APRF VPRF OLYM MTDT NRTM RTMD rtmd auxl dimg base
prem pred exbl font sttm ptnm ptrh  thma vmhd tnal CDI1 CMP1 JPEG mvhd avc1
"""
KNOWN: frozenset[str] = frozenset((*_ISO.split(), *_QUICKTIME.split())) | {
    *("xml ", "sdp ", "rtp ", "url ", "urn ", "SMI ", "key ", "GPS ", "gps ", "thm ", "3gf ", "ver ", "mpv "),
}
"""Boxes that are registered or known from files of cameras, phones and editors."""

FREE: frozenset[str] = frozenset({"free", "skip", "wide", "junk"})
"""Boxes that are there to keep room."""

_OPEN = "udta ilst stsd iref tref ipco trgr grpl smta skip gmhd dref wave jumb"
OPEN: frozenset[str] = frozenset(_OPEN.split())
"""Boxes whose list of children is open: vendors, codecs and kinds of references add names of their own."""

_HOLDERS = """
moov trak udta ilst mdia minf dinf edts mvex moof traf mfra iprp ipco sinf schi rinf wave tapt gmhd clip matt strk tref
trgr grpl meco cmov rmra rmda sv3d proj vexu eyes hnti hinf imif strd ludt jumb paen
"""
CONTAINERS: Mapping[str, int] = {**dict.fromkeys(_HOLDERS.split(), 0), "dref": 8, "smta": 4}
"""Boxes that hold boxes and nothing else, with the bytes of fields before the first."""

_FULL = """
mvhd tkhd mdhd hdlr vmhd smhd hmhd nmhd sthd dref stsd stts ctts cslg stsc stsz stz2 stco co64 stss stsh padb stdp sdtp
sbgp sgpd csgp subs saiz saio mehd trex trep leva mfhd tfhd trun tfdt tfra mfro elst elng iloc ipro iinf infe iref pitm
ipma bxml pdin prft emsg sidx ssix pssh tenc senc schm mere alis rsrc keys gmin tcmi stri stsg kind tsel cprt titl dscp
perf auth gnre albm rtng clsf kywd loci yrrc ispe pixi auxC vpcC chnl srat dmix vttC txtC uriI tlou alou ID32 altr ster
eqiv clef prof enof st3d svhd prhd equi cbmp mshp chan
"""
FULL: frozenset[str] = frozenset(_FULL.split()) | {"xml ", "url ", "urn "}
"""Boxes that begin with one byte of version and three of flags."""

_TABLES = "stsd stts ctts cslg stsc stsz stz2 stco co64 stss stsh padb sdtp"
_ITEMS = "hdlr pitm iloc iinf iprp iref idat ilst keys ipro"
ONCE: Mapping[str, frozenset[str]] = {
    "": frozenset({"ftyp", "moov", "pdin", "mfra", "meta"}),
    "moov": frozenset({"mvhd", "mvex", "iods", "udta", "meta"}),
    "trak": frozenset({"tkhd", "mdia", "edts", "tref", "tapt", "meta", "udta"}),
    "mdia": frozenset({"mdhd", "hdlr", "minf", "elng"}),
    "minf": frozenset({"vmhd", "smhd", "hmhd", "nmhd", "sthd", "dinf", "stbl", "hdlr"}),
    "stbl": frozenset(_TABLES.split()),
    "edts": frozenset({"elst"}),
    "moof": frozenset({"mfhd"}),
    "traf": frozenset({"tfhd", "tfdt"}),
    "meta": frozenset(_ITEMS.split()),
    "iprp": frozenset({"ipco"}),
}
"""Boxes that may be there once, by the box they lie in (ISO/IEC 14496-12, table 1)."""

NEEDED: Mapping[str, frozenset[str]] = {
    "moov": frozenset({"mvhd"}),
    "trak": frozenset({"tkhd", "mdia"}),
    "mdia": frozenset({"mdhd"}),
    "stbl": frozenset({"stsd", "stts", "stsc"}),
    "moof": frozenset({"mfhd"}),
    "traf": frozenset({"tfhd"}),
}
"""Boxes that must lie in others (ISO/IEC 14496-12, table 1), where QuickTime demands them too."""

UUIDS: Mapping[str, str] = {
    "be7acfcb-97a9-42e8-9c71-999491e3afac": "XMP",
    "d8fec3d6-1b0e-483c-9297-5828877ec481": "C2PA",
    "85c0b687-820f-11e0-8111-f4ce462b6a48": "Canon",
    "210f1687-9149-11e4-8111-00242131fce4": "Canon",
    "eaf42b5e-1c98-4b88-b9fb-b7dc406e4d16": "Canon preview",
    "50524f46-21d2-4fce-bb88-695cfac9c740": "Sony PROF",
    "55534d54-21d2-4fce-bb88-695cfac9c740": "Sony USMT",
    "4ab03b0f-618d-4075-82b2-d9faced35ff5": "Flip",
    "efe1589a-bb77-49ef-8095-27759eb1dc6f": "360Fly",
    "ffcc8263-f855-4a93-8814-587a02521fdd": "Spherical Video",
    "a2394f52-5a9b-4f14-a244-6c427c648df4": "PIFF sample encryption",
    "8974dbce-7be7-4c51-84f9-7148f9882554": "PIFF track encryption",
    "d08a4f18-10f3-4a82-b6c8-32d8aba183d3": "PIFF protection header",
    "6d1d9b05-42d5-44e6-80e2-141daff757b2": "Smooth Streaming tfxd",
    "d4807ef2-ca39-4695-8e54-26cb9e46a79f": "Smooth Streaming tfrf",
}
"""Extended types and who defined them (XMP specification part 3; C2PA specification; PIFF 1.1; ExifTool's table)."""

"""Elements of EBML, Matroska and WebM: their numbers, names, and what they hold.

Source: RFC 8794, section 11 (EBML header and global elements); RFC 9559, section 5 and annex A (Matroska, with the
historic elements); elements of version 5 as the working group has registered them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Element(NamedTuple):
    """What an element is.

    Attributes:
        name: As the RFC has it.
        kind: `m` for one that holds others, `u` and `i` for integers, `f` for floats, `s` for text, `d` for a date and
            `b` for bytes.
    """

    name: str
    kind: str


_HEADER = """
1A45DFA3 EBML m;4286 EBMLVersion u;42F7 EBMLReadVersion u;42F2 EBMLMaxIDLength u;42F3 EBMLMaxSizeLength u;4282 DocType s
4287 DocTypeVersion u;4285 DocTypeReadVersion u;4281 DocTypeExtension m;4283 DocTypeExtensionName s
4284 DocTypeExtensionVersion u;BF CRC-32 b;EC Void b;1B538667 SignatureSlot b
"""
_SEGMENT = """
18538067 Segment m;114D9B74 SeekHead m;4DBB Seek m;53AB SeekID b;53AC SeekPosition u;1549A966 Info m;73A4 SegmentUUID b
7384 SegmentFilename s;3CB923 PrevUUID b;3C83AB PrevFilename s;3EB923 NextUUID b;3E83BB NextFilename s
4444 SegmentFamily b;6924 ChapterTranslate m;69FC ChapterTranslateEditionUID u;69BF ChapterTranslateCodec u
69A5 ChapterTranslateID b;2AD7B1 TimestampScale u;4489 Duration f;4461 DateUTC d;7BA9 Title s;4D80 MuxingApp s
5741 WritingApp s
"""
_CLUSTER = """
1F43B675 Cluster m;E7 Timestamp u;5854 SilentTracks m;58D7 SilentTrackNumber u;A7 Position u;AB PrevSize u
A3 SimpleBlock b;A0 BlockGroup m;A1 Block b;A2 BlockVirtual b;75A1 BlockAdditions m;A6 BlockMore m;EE BlockAddID u
A5 BlockAdditional b;9B BlockDuration u;FA ReferencePriority u;FB ReferenceBlock i;FD ReferenceVirtual i;A4 CodecState b
75A2 DiscardPadding i;8E Slices m;E8 TimeSlice m;CC LaceNumber u;CD FrameNumber u;CB BlockAdditionID u;CE Delay u
CF SliceDuration u;C8 ReferenceFrame m;C9 ReferenceOffset u;CA ReferenceTimestamp u;AF EncryptedBlock b
"""
_TRACKS = """
1654AE6B Tracks m;AE TrackEntry m;D7 TrackNumber u;73C5 TrackUID u;83 TrackType u;B9 FlagEnabled u;88 FlagDefault u
55AA FlagForced u;55AB FlagHearingImpaired u;55AC FlagVisualImpaired u;55AD FlagTextDescriptions u;55AE FlagOriginal u
55AF FlagCommentary u;9C FlagLacing u;6DE7 MinCache u;6DF8 MaxCache u;23E383 DefaultDuration u
234E7A DefaultDecodedFieldDuration u;23314F TrackTimestampScale f;537F TrackOffset i;55EE MaxBlockAdditionID u
41E4 BlockAdditionMapping m;41F0 BlockAddIDValue u;41A4 BlockAddIDName s;41E7 BlockAddIDType u
41ED BlockAddIDExtraData b
536E Name s;22B59C Language s;22B59D LanguageBCP47 s;86 CodecID s;63A2 CodecPrivate b;258688 CodecName s
7446 AttachmentLink u;3A9697 CodecSettings s;3B4040 CodecInfoURL s;26B240 CodecDownloadURL s;AA CodecDecodeAll u
6FAB TrackOverlay u;56AA CodecDelay u;56BB SeekPreRoll u;6624 TrackTranslate m;66FC TrackTranslateEditionUID u
66BF TrackTranslateCodec u;66A5 TrackTranslateTrackID b;C0 TrickTrackUID u;C1 TrickTrackSegmentUID b;C6 TrickTrackFlag u
C7 TrickMasterTrackUID u;C4 TrickMasterTrackSegmentUID b;E2 TrackOperation m;E3 TrackCombinePlanes m;E4 TrackPlane m
E5 TrackPlaneUID u;E6 TrackPlaneType u;E9 TrackJoinBlocks m;ED TrackJoinUID u;6D80 ContentEncodings m
6240 ContentEncoding m;5031 ContentEncodingOrder u;5032 ContentEncodingScope u;5033 ContentEncodingType u
5034 ContentCompression m;4254 ContentCompAlgo u;4255 ContentCompSettings b;5035 ContentEncryption m
47E1 ContentEncAlgo u
47E2 ContentEncKeyID b;47E7 ContentEncAESSettings m;47E8 AESSettingsCipherMode u;47E3 ContentSignature b
47E4 ContentSigKeyID b;47E5 ContentSigAlgo u;47E6 ContentSigHashAlgo u
"""
_PICTURE = """
E0 Video m;9A FlagInterlaced u;9D FieldOrder u;53B8 StereoMode u;53C0 AlphaMode u;53B9 OldStereoMode u;B0 PixelWidth u
BA PixelHeight u;54AA PixelCropBottom u;54BB PixelCropTop u;54CC PixelCropLeft u;54DD PixelCropRight u
54B0 DisplayWidth u;54BA DisplayHeight u;54B2 DisplayUnit u;54B3 AspectRatioType u;2EB524 UncompressedFourCC b
2FB523 GammaValue f;2383E3 FrameRate f;55B0 Colour m;55B1 MatrixCoefficients u;55B2 BitsPerChannel u
55B3 ChromaSubsamplingHorz u;55B4 ChromaSubsamplingVert u;55B5 CbSubsamplingHorz u;55B6 CbSubsamplingVert u
55B7 ChromaSitingHorz u;55B8 ChromaSitingVert u;55B9 Range u;55BA TransferCharacteristics u;55BB Primaries u
55BC MaxCLL u;55BD MaxFALL u;55D0 MasteringMetadata m;55D1 PrimaryRChromaticityX f;55D2 PrimaryRChromaticityY f
55D3 PrimaryGChromaticityX f;55D4 PrimaryGChromaticityY f;55D5 PrimaryBChromaticityX f;55D6 PrimaryBChromaticityY f
55D7 WhitePointChromaticityX f;55D8 WhitePointChromaticityY f;55D9 LuminanceMax f;55DA LuminanceMin f;7670 Projection m
7671 ProjectionType u;7672 ProjectionPrivate b;7673 ProjectionPoseYaw f;7674 ProjectionPosePitch f
7675 ProjectionPoseRoll f;E1 Audio m;B5 SamplingFrequency f;78B5 OutputSamplingFrequency f;9F Channels u
7D7B ChannelPositions b;6264 BitDepth u;52F1 Emphasis u
"""
_REST = """
1C53BB6B Cues m;BB CuePoint m;B3 CueTime u;B7 CueTrackPositions m;F7 CueTrack u;F1 CueClusterPosition u
F0 CueRelativePosition u;B2 CueDuration u;5378 CueBlockNumber u;EA CueCodecState u;DB CueReference m;96 CueRefTime u
97 CueRefCluster u;535F CueRefNumber u;EB CueRefCodecState u;1941A469 Attachments m;61A7 AttachedFile m
467E FileDescription s;466E FileName s;4660 FileMediaType s;465C FileData b;46AE FileUID u;4675 FileReferral b
4661 FileUsedStartTime u;4662 FileUsedEndTime u;1043A770 Chapters m;45B9 EditionEntry m;45BC EditionUID u
45BD EditionFlagHidden u;45DB EditionFlagDefault u;45DD EditionFlagOrdered u;4520 EditionDisplay m;4521 EditionString s
45E4 EditionLanguageIETF s;B6 ChapterAtom m;73C4 ChapterUID u;5654 ChapterStringUID s;91 ChapterTimeStart u
92 ChapterTimeEnd u;98 ChapterFlagHidden u;4598 ChapterFlagEnabled u;6E67 ChapterSegmentUUID b;4588 ChapterSkipType u
6EBC ChapterSegmentEditionUID u;63C3 ChapterPhysicalEquiv u;8F ChapterTrack m;89 ChapterTrackUID u;80 ChapterDisplay m
85 ChapString s;437C ChapLanguage s;437D ChapLanguageBCP47 s;437E ChapCountry s;6944 ChapProcess m
6955 ChapProcessCodecID u;450D ChapProcessPrivate b;6911 ChapProcessCommand m;6922 ChapProcessTime u
6933 ChapProcessData b;1254C367 Tags m;7373 Tag m;63C0 Targets m;68CA TargetTypeValue u;63CA TargetType s
63C5 TagTrackUID u
63C9 TagEditionUID u;63C4 TagChapterUID u;63C6 TagAttachmentUID u;67C8 SimpleTag m;45A3 TagName s
447A TagLanguage s;447B TagLanguageBCP47 s;4484 TagDefault u;44B4 TagDefaultBogus u;4487 TagString s;4485 TagBinary b
"""


def _table(*texts: str) -> dict[int, Element]:
    rows = (row.split() for text in texts for line in text.strip().splitlines() for row in line.split(";"))
    return {int(number, 16): Element(name, kind) for number, name, kind in rows}


ELEMENTS: Mapping[int, Element] = _table(_HEADER, _SEGMENT, _CLUSTER, _TRACKS, _PICTURE, _REST)
"""What is known of each element, by its number with the length marker."""

_TOP = ("SeekHead", "Info", "Cluster", "Tracks", "Cues", "Attachments", "Chapters", "Tags", "EBML", "Segment")
TOP: frozenset[int] = frozenset(number for number, element in ELEMENTS.items() if element.name in _TOP)
"""Elements that end an element of unknown size: those directly below a segment, and a new head or segment."""

"""Names of the tags of TIFF, EXIF, GPS, interoperability and multi-picture directories."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

_MAIN = """
000b:ProcessingSoftware 00fe:NewSubfileType 00ff:SubfileType 0100:ImageWidth 0101:ImageLength 0102:BitsPerSample
0103:Compression 0106:PhotometricInterpretation 0107:Thresholding 0108:CellWidth 0109:CellLength 010a:FillOrder
010d:DocumentName 010e:ImageDescription 010f:Make 0110:Model 0111:StripOffsets 0112:Orientation 0115:SamplesPerPixel
0116:RowsPerStrip 0117:StripByteCounts 0118:MinSampleValue 0119:MaxSampleValue 011a:XResolution 011b:YResolution
011c:PlanarConfiguration 011d:PageName 0120:FreeOffsets 0121:FreeByteCounts 0122:GrayResponseUnit
0123:GrayResponseCurve 0124:T4Options 0125:T6Options 0128:ResolutionUnit 0129:PageNumber 012d:TransferFunction
0131:Software 0132:DateTime 013b:Artist 013c:HostComputer 013d:Predictor 013e:WhitePoint 013f:PrimaryChromaticities
0140:ColorMap 0141:HalftoneHints 0142:TileWidth 0143:TileLength 0144:TileOffsets 0145:TileByteCounts 014a:SubIFDs
014c:InkSet 014d:InkNames 014e:NumberOfInks 0150:DotRange 0151:TargetPrinter 0152:ExtraSamples 0153:SampleFormat
0154:SMinSampleValue 0155:SMaxSampleValue 0156:TransferRange 0157:ClipPath 0158:XClipPathUnits 0159:YClipPathUnits
015a:Indexed 015b:JPEGTables 015f:OPIProxy 0200:JPEGProc 0201:JPEGInterchangeFormat 0202:JPEGInterchangeFormatLength
0203:JPEGRestartInterval 0205:JPEGLosslessPredictors 0206:JPEGPointTransforms 0207:JPEGQTables 0208:JPEGDCTables
0209:JPEGACTables 0211:YCbCrCoefficients 0212:YCbCrSubSampling 0213:YCbCrPositioning 0214:ReferenceBlackWhite
02bc:XMP 1000:RelatedImageFileFormat 1001:RelatedImageWidth 1002:RelatedImageLength 4746:Rating 4749:RatingPercent
800d:ImageID 828d:CFARepeatPatternDim 828f:BatteryLevel 8298:Copyright 829a:ExposureTime 829d:FNumber
830e:ModelPixelScale 83bb:IPTC 8482:ModelTiepoint 85d8:ModelTransformation 8649:Photoshop 8769:ExifIFDPointer
8773:ICCProfile 87af:GeoKeyDirectory 87b0:GeoDoubleParams 87b1:GeoAsciiParams 8822:ExposureProgram
8824:SpectralSensitivity 8825:GPSInfoIFDPointer 8827:PhotographicSensitivity 8828:OECF 8829:Interlace
882a:TimeZoneOffset 882b:SelfTimerMode 8830:SensitivityType 8831:StandardOutputSensitivity
8832:RecommendedExposureIndex 8833:ISOSpeed 8834:ISOSpeedLatitudeyyy 8835:ISOSpeedLatitudezzz 9000:ExifVersion
9003:DateTimeOriginal 9004:DateTimeDigitized 9010:OffsetTime 9011:OffsetTimeOriginal 9012:OffsetTimeDigitized
9101:ComponentsConfiguration 9102:CompressedBitsPerPixel 9201:ShutterSpeedValue 9202:ApertureValue
9203:BrightnessValue 9204:ExposureBiasValue 9205:MaxApertureValue 9206:SubjectDistance 9207:MeteringMode
9208:LightSource 9209:Flash 920a:FocalLength 920d:Noise 9211:ImageNumber 9212:SecurityClassification
9213:ImageHistory 9216:TIFFEPStandardID 927c:MakerNote 9286:UserComment 9290:SubSecTime 9291:SubSecTimeOriginal
9292:SubSecTimeDigitized 935c:ImageSourceData 9400:AmbientTemperature 9401:Humidity 9402:Pressure 9403:WaterDepth
9404:Acceleration 9405:CameraElevationAngle 9c9b:XPTitle 9c9c:XPComment 9c9d:XPAuthor 9c9e:XPKeywords 9c9f:XPSubject
a000:FlashpixVersion a001:ColorSpace a002:PixelXDimension a003:PixelYDimension a004:RelatedSoundFile
a005:InteroperabilityIFDPointer a20b:FlashEnergy a20c:SpatialFrequencyResponse a20e:FocalPlaneXResolution
a20f:FocalPlaneYResolution a210:FocalPlaneResolutionUnit a214:SubjectLocation a215:ExposureIndex a217:SensingMethod
a300:FileSource a301:SceneType a302:CFAPattern a401:CustomRendered a402:ExposureMode a403:WhiteBalance
a404:DigitalZoomRatio a405:FocalLengthIn35mmFilm a406:SceneCaptureType a407:GainControl a408:Contrast
a409:Saturation a40a:Sharpness a40b:DeviceSettingDescription a40c:SubjectDistanceRange a420:ImageUniqueID
a430:CameraOwnerName a431:BodySerialNumber a432:LensSpecification a433:LensMake a434:LensModel a435:LensSerialNumber
a436:ImageTitle a437:Photographer a438:ImageEditor a439:CameraFirmware a43a:RAWDevelopingSoftware
a43b:ImageEditingSoftware a43c:MetadataEditingSoftware a460:CompositeImage a461:CompositeImageCount
a462:CompositeImageExposureTimes a480:GDALMetadata a481:GDALNoData a500:Gamma c4a5:PrintImageMatching
c612:DNGVersion c613:DNGBackwardVersion c614:UniqueCameraModel c615:LocalizedCameraModel c616:CFAPlaneColor
c617:CFALayout c618:LinearizationTable c619:BlackLevelRepeatDim c61a:BlackLevel c61b:BlackLevelDeltaH
c61c:BlackLevelDeltaV c61d:WhiteLevel c61e:DefaultScale c61f:DefaultCropOrigin c620:DefaultCropSize
c621:ColorMatrix1 c622:ColorMatrix2 c623:CameraCalibration1 c624:CameraCalibration2 c625:ReductionMatrix1
c626:ReductionMatrix2 c627:AnalogBalance c628:AsShotNeutral c629:AsShotWhiteXY c62a:BaselineExposure
c62b:BaselineNoise c62c:BaselineSharpness c62d:BayerGreenSplit c62e:LinearResponseLimit c62f:CameraSerialNumber
c630:LensInfo c631:ChromaBlurRadius c632:AntiAliasStrength c633:ShadowScale c634:DNGPrivateData c635:MakerNoteSafety
c65a:CalibrationIlluminant1 c65b:CalibrationIlluminant2 c65c:BestQualityScale c65d:RawDataUniqueID
c68b:OriginalRawFileName c68c:OriginalRawFileData c68d:ActiveArea c68e:MaskedAreas c68f:AsShotICCProfile
c690:AsShotPreProfileMatrix c691:CurrentICCProfile c692:CurrentPreProfileMatrix c6bf:ColorimetricReference
c6f3:CameraCalibrationSignature c6f4:ProfileCalibrationSignature c6f6:AsShotProfileName c6f7:NoiseReductionApplied
c6f8:ProfileName c6f9:ProfileHueSatMapDims c6fa:ProfileHueSatMapData1 c6fb:ProfileHueSatMapData2
c6fc:ProfileToneCurve c6fd:ProfileEmbedPolicy c6fe:ProfileCopyright c714:ForwardMatrix1 c715:ForwardMatrix2
c716:PreviewApplicationName c717:PreviewApplicationVersion c718:PreviewSettingsName c719:PreviewSettingsDigest
c71a:PreviewColorSpace c71b:PreviewDateTime c71c:RawImageDigest c71d:OriginalRawFileDigest c71e:SubTileBlockSize
c71f:RowInterleaveFactor c725:ProfileLookTableDims c726:ProfileLookTableData c740:OpcodeList1 c741:OpcodeList2
c74e:OpcodeList3 c761:NoiseProfile c764:FrameRate c7a1:CameraLabel ea1c:Padding ea1d:OffsetSchema
"""
"""Tag in hexadecimal and its name. *Source:* Exif 3.0 (CIPA DC-008-2023), tables 3 to 17; TIFF 6.0 and its Technical
Notes; DNG 1.4; TIFF/EP (ISO 12234-2); names that only programs of one maker use as in ExifTool's table of EXIF tags."""

_GPS = """
0000:GPSVersionID 0001:GPSLatitudeRef 0002:GPSLatitude 0003:GPSLongitudeRef 0004:GPSLongitude 0005:GPSAltitudeRef
0006:GPSAltitude 0007:GPSTimeStamp 0008:GPSSatellites 0009:GPSStatus 000a:GPSMeasureMode 000b:GPSDOP
000c:GPSSpeedRef 000d:GPSSpeed 000e:GPSTrackRef 000f:GPSTrack 0010:GPSImgDirectionRef 0011:GPSImgDirection
0012:GPSMapDatum 0013:GPSDestLatitudeRef 0014:GPSDestLatitude 0015:GPSDestLongitudeRef 0016:GPSDestLongitude
0017:GPSDestBearingRef 0018:GPSDestBearing 0019:GPSDestDistanceRef 001a:GPSDestDistance 001b:GPSProcessingMethod
001c:GPSAreaInformation 001d:GPSDateStamp 001e:GPSDifferential 001f:GPSHPositioningError
"""
"""*Source:* Exif 3.0, clause 4.6.6."""

_INTEROP = """
0001:InteropIndex 0002:InteropVersion 1000:RelatedImageFileFormat 1001:RelatedImageWidth 1002:RelatedImageLength
"""
"""*Source:* Exif 3.0, clause 4.6.7; DCF 2.0 (CIPA DC-009)."""

_MPF = """
b000:MPFVersion b001:NumberOfImages b002:MPEntry b003:ImageUIDList b004:TotalFrames b101:MPIndividualNum
b201:PanOrientation b202:PanOverlapH b203:PanOverlapV b204:BaseViewpointNum b205:ConvergenceAngle
b206:BaselineLength b207:VerticalDivergence b208:AxisDistanceX b209:AxisDistanceY b20a:AxisDistanceZ b20b:YawAngle
b20c:PitchAngle b20d:RollAngle
"""
"""*Source:* Multi-Picture Format (CIPA DC-007-2009), tables 3 and 6."""


def name_of(tag: int, directory: str) -> str:
    """Gives the name of a tag, or its number such as `0xc4a5` where it has none.

    Args:
        tag: Number of the tag.
        directory: Kind of its directory: `GPS`, `Interop`, `MPF`; anything else for the tags of TIFF and EXIF.
    """
    return _table(directory if directory in {"GPS", "Interop", "MPF"} else "").get(tag) or f"0x{tag:04x}"


@cache
def _table(directory: str) -> Mapping[int, str]:
    text = {"GPS": _GPS, "Interop": _INTEROP, "MPF": _MPF}.get(directory, _MAIN)
    return {int(tag, 16): name for tag, name in (word.split(":") for word in text.split())}

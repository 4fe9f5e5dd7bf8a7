"""Characters that look like Latin letters or digits.

From Unicode's confusables.txt (UTS #39), versions 15.1, 17.0 and 18.0, joined. © 1991-2026 Unicode, Inc., under the
Unicode License V3, https://www.unicode.org/license.txt.

Left out is what is read right in its compatibility form (NFKD), without accents and with its case folded, which is half
of it; what looks like letters of other scripts; and the ordinary i that version 18 takes for an l.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

# Code points by what they look like, in small letters. A capital looks like two: "I" is a bar, an i or an l; "S" is the
# long s, an s or an f; "Z" is a z or, since version 18, a y. Unicode's "rn" is an m here.
_CONFUSABLES = {
    "2": "01A7 01BB 03E8 10C7 14BF 1616 1CB7 A644 A6EF A75A 1CCF2",
    "3": "01B7 021C 0417 0498 04E0 0545 0969 0AE9 1702 1C95 2C9C 2CC4 2CCC A76A A7AB A8F6 118CA 16F3B 1CCF3 1D206",
    "4": "13CE 152F 1530 118AF 16E82 1CCF4",
    "5": "01BC 118BB 1CCF5",
    "6": "03EC 0431 13EE 2CD3 2CDC A543 118D5 1CCF6",
    "7": "172A 1C84 104D2 118C6 16E8A 1CCF7 1D1FE 1D212",
    "8": "0223 09EA 0A6A 0B03 A589 1031A 11445 169FE 1CCF8 1E8CB",
    "9": "09ED 0A67 0B68 0D6D 2CCB A76F 118CC 118D6 169C1 1CCF9 1E2F2",
    "a": "0251 03B1 0430 13AA 15C5 1E9A 2376 237A A4EE AB64 102A0 16F40 1CCD6 1DF40 1DF41 1DF5A 1DF6A",
    "b": (
        "0180 0183 0184 0253 0392 0411 0412 042C 0463 048D 07D5 13CF 13F4 1472 1473 147E 147F 1480 1481 1488 15AF "
        "15F7 2C82 A4D0 A557 A7B4 10282 102A1 10301 1031C 16EB6 1CCD7 1D207"
    ),
    "c": (
        "00A2 0187 023C 03F2 03F9 0441 04AB 1004 105A 13DF 1D04 20A1 2CA5 A4DA 102A2 10302 1043D 1051B 1051C 118E9 "
        "118F2 1CCD8 1D134 1F16E 1F74C"
    ),
    "d": "00D0 0111 018C 0256 0257 0501 13A0 13E7 146F 147A 147B 1487 15DE 15EA 20AB A4D2 A4D3 1018B 1CCD9 1DF2D",
    "e": "0247 0395 0435 04BD 04BF 13AC 212E 22FF 2D39 A4F0 A5CB AB32 10286 118A6 118AE 1CCDA 1DF81",
    "f": "0192 0284 03DC 0584 07D3 15B4 1D6E 1E9D A4DD A799 AB35 1017E 10287 102A5 10525 118C2 1CCDB 1D213",
    "g": "018D 01E5 0260 0261 050C 0581 13C0 13F3 1D83 A4D6 1CCDC 1DF45",
    "h": (
        "0127 0266 0397 041D 045B 04A2 04BB 04C7 04C9 0570 10B9 13BB 13C2 13F2 157C 2C67 2C8E A4E7 A695 102CF 1CCDD "
        "1DF32 1DF46 1DF47"
    ),
    "I": (
        "0049 007C 013F 0196 0197 01C0 0399 0406 04CF 05C0 05D5 05DF 05F1 0627 0661 0673 06F1 07CA 0964 104A 14B7 "
        "16C1 16C5 16D0 21BF 2223 23FD 2502 2503 2C92 2D4A 2D4F A4F2 A56F A781 A7AE A7FE A830 A8CE AA5D FE31 1028A "
        "10309 10320 1050E 10926 10C3E 10CA5 10CFA 11047 110C0 11141 111C5 113D4 1144B 115C5 11641 11C41 11DDA 11DE1 "
        "16AE4 16D63 16EAA 16F28 1CCDE 1CCF1 1D100 1D377 1DF6E 1E141 1E8C7 1ED01"
    ),
    "i": "00A1 0131 0268 0269 026A 02DB 037A 03B9 0456 0582 13A5 1D7B 1D7C 2373 2378 2C93 A647 118C3",
    "j": "0237 0249 025F 03F3 0458 0575 13AB 148D 1498 1499 A4D9 A7B2 1CCDF",
    "k": "0199 039A 041A 049A 049E 13E6 16D5 20AD 2C69 2C94 A4D7 A740 10518 1CCE0 1DF48 1DF49",
    "l": "0140 0142 019A 026B 026D 13DE 14AA 14B6 2CD0 A4E1 1041B 10526 118A3 118B2 16F16 1CCE1 1D22A",
    "m": (
        "0271 039C 03FA 041C 04CD 0560 13B7 15F0 16D6 1D6F 20A5 2C98 A4DF AB51 102B0 10311 10C21 11700 118E3 1CCE2 "
        "1DF4A 1DF4B 1DF4C"
    ),
    "n": "0149 014B 019E 0272 0273 039D 03B7 0572 0578 057C 1D70 2C9A A4E0 1018E 10513 11ABE 1CCE3 1DF4D 1DF4E 1DF4F",
    "o": (
        "00F8 0275 03B8 03BF 03C3 03ED 043E 0473 04E9 0585 05E1 0629 0647 0665 06BE 06C1 06C3 06D5 06F5 06FF 07C0 "
        "07CB 0840 0966 09E6 0A66 0AE6 0B20 0B66 0BE6 0C02 0C66 0C82 0CE6 0D02 0D20 0D66 0D82 0E50 0ED0 1010 101D "
        "1040 10D7 10FF 110B 11BC 12D0 1340 13A4 13BE 13EB 17E0 1A32 1A45 1A80 1A90 1BEA 1D0F 1D11 2205 2296 229D "
        "2300 2365 236C 2C91 2C9F 2D31 2D41 2D54 3007 A4F3 A6A2 A74B AB3D AB3E 10292 102AB 1030F 1042C 104EA 10516 "
        "1051E 1092C 10C17 10D07 11116 11124 11302 114D0 118B5 118C8 118D7 118E0 11DE0 1699B 16AE9 16E80 1CCE4 1CCF0 "
        "1D21A 1DF3C 1E140 1E2F0 1F714"
    ),
    "p": "00FE 01A5 01BF 03C1 03F8 0440 13E2 146D 1476 1477 1486 1D7D 2374 2CA3 2CCF A4D1 10295 1CCE5",
    "q": "02A0 051B 0563 0566 2D55 1CCE6 1DF34",
    "r": (
        "01A6 024D 027C 027D 0433 0491 0493 13A1 13D2 1587 1D26 1D72 2C85 A4E3 AB47 AB48 AB81 104B4 16A19 16F35 1CCE7 "
        "1D216 1DF37"
    ),
    "s": "01BD 0282 0455 054F 0D1F 10BD 10FD 13D5 13DA 1D74 A4E2 A576 A731 10296 10448 118C1 16AD6 16F3A 1CCE8",
    "t": (
        "0167 01AB 01AD 01AE 023E 03A4 0422 04AC 07E0 13A2 13BF 1D75 20AE 22A4 2361 27D9 2CA6 3112 4E05 A4D4 A50B "
        "A68C 10297 102B1 10315 118BC 16F0A 1CCE9 1D373 1F768"
    ),
    "u": (
        "0244 028B 03C5 045F 057D 1200 13CC 144C 1457 1458 1467 1D1C 1D7E 222A 22C3 A4F4 A79F AB4E AB52 104F6 118D8 "
        "16F42 1CCEA 1DF39"
    ),
    "v": (
        "03BD 0475 05D8 0667 06F7 13D9 142F 143A 143B 1D20 2228 22C1 2D38 A4E6 A6DF 10197 1051D 10C1F 11706 118C0 "
        "16F08 1CCEB 1CEFC 1D20D 1DF51 1DF52 1E145 1F708"
    ),
    "w": (
        "026F 0448 0461 047D 051D 0561 13B3 13D4 1D21 20A9 29E2 2CBD A4EA A761 A7FA 114C5 1170A 1170E 1170F 118E6 "
        "118EF 1CCEC 1D20C 1DF3F 1DF7D"
    ),
    "x": (
        "00D7 03A7 0445 04B2 1541 157D 166D 166E 16B7 1763 1BEC 1CF5 2573 292B 292C 2A2F 2A30 2CAC 2D5D A4EB A7B3 "
        "10196 10290 102B4 10317 10322 10527 10C13 10CC2 10CFC 118EC 1CCED"
    ),
    "y": (
        "00A5 01B4 024F 0263 028F 03A5 03B3 0443 04AF 04B1 07CC 10E7 13A9 13BD 1D8C 1EFF 2CA9 311A 4E2B A4EC A6B2 "
        "AB5A 102B2 10C20 118A4 118DC 16F43 1CCEE 1DF31 1DF55"
    ),
    "Z": "118C4",
    "z": "01B6 0225 0290 0396 13C3 1D22 1D76 2C6C 2C8D 2D2D A4DC A6C9 102F5 10507 118A9 118E5 11ABC 1CCEF",
    "aa": "A733",
    "ae": "00E6 04D5",
    "ao": "A735",
    "ar": "1F707",
    "au": "A737",
    "av": "A739 A73B",
    "ay": "A73D",
    "bI": "042B",
    "cc": "1F16D",
    "co": "AB43 AB44",
    "dz": "02A3 1DF2E",
    "fn": "02A9",
    "ie": "1DF5D",
    "II": "01C1 05F0 0965 104B 2016 2225 A8CF 10199 11048 110C1 11142 111C6 113D5 1144C 11642 11C42 1D262",
    "Io": "042E",
    "It": "20B6",
    "ll": "1EFA",
    "ls": "02AA",
    "lz": "02AB",
    "mb": "1F76B",
    "oe": "0153",
    "oi": "1DF5E",
    "oo": "1147 11EE 221E A699 A74F",
    "ou": "1DF5F",
    "oy": "0479",
    "qe": "1F700",
    "t3": "A728",
    "tf": "A777",
    "th": "1DF64",
    "to": "1DF24",
    "ts": "02A6",
    "ue": "1D6B",
    "uo": "AB63",
    "vb": "1F76C",
    "wh": "1DF65",
    "III": "A516",
    "IIs": "10198",
    "sss": "1F75C",
}

# What Unicode does not list, and people use: small capitals, and letters of Greek and Cyrillic.
_BEYOND = {
    "a": "1D00",
    "b": "0299 03B2",
    "d": "1D05",
    "e": "0190 025B 03B5 03F5 0404 0454 1D07 20AC",
    "f": "A730",
    "g": "0262",
    "h": "029C",
    "j": "1D0A",
    "k": "0138 03BA 043A 1D0B",
    "l": "029F",
    "m": "1D0D",
    "n": "0274",
    "p": "1D18",
    "q": "A7AF",
    "r": "0280",
    "t": "03C4 1D1B",
    "w": "03C9",
}

_OTHERS = {
    "a": "0040",  # what keyboards have: @ ! $
    "i": "0021",
    "s": "0024",
    "S": "017F 1E9B",
    "St": "FB05",
    " ": "02D7 07FA 2043 2212 2800",  # dashes and blanks that are none by their category
    "'": "0060 00B4 02B9 02BB 02BC 02BD 02BE 02C8 02CA 02CB 0374 055A 05F3 1FBD 2018 2019 201B 2032 2035 A78C",
    "!": "01C3 2D51",  # letters by their category, as some of those above, that look like the end of a word
    ".": "A4F8",
    ",": "A4F9",
    ":": "02D0 A4FD",
}

# Alphabets from A to Z: negative circled and negative squared letters, regional indicators.
_ALPHABETS = (0x1F150, 0x1F170, 0x1F1E6)


def _all() -> Iterator[tuple[str, str]]:
    for table in (_CONFUSABLES, _BEYOND, _OTHERS):
        for looks, codes in table.items():
            yield from ((chr(int(code, 16)), looks) for code in codes.split())
    for start in _ALPHABETS:
        yield from ((chr(start + place), letter) for place, letter in enumerate("abcdefghijklmnopqrstuvwxyz"))


LOOKS: Mapping[str, str] = MappingProxyType(dict(_all()))
"""What a character looks like: small letters and digits, or a capital for what looks like two letters."""

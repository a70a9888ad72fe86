#!/usr/bin/env bash
# Makes the fonts of this folder from those of Debian 12's packages fonts-noto-core, fonts-noto-mono,
# fonts-roboto-unhinted and fonts-droid-fallback: the scripts that are read here, without hints, without names in other languages.
#
#   ./subset.sh FOLDER-OF-NOTO FOLDER-OF-DROID FOLDER-OF-ROBOTO    (it needs pyftsubset, of the Python package fonttools)
set -euo pipefail
noto=$1 droid=$2 # and the third is read below
out=$(cd "$(dirname "$0")" && pwd)

# Latin with its extensions, phonetics, accents, Greek, Cyrillic, punctuation, currencies, letterlike signs, fractions,
# arrows, some mathematics.
western=U+0020-007E,U+00A0-052F,U+1C80-1C8F,U+1D00-1DBF,U+1E00-1FFF,U+2000-206F,U+2070-209F,U+20A0-20BF,U+2100-218F
western+=,U+2190-21FF,U+2200-22FF,U+2C60-2C7F,U+A640-A69F,U+A720-A7FF,U+FB00-FB06,U+FFFD
# Boxes that are ticked, lines of tables, stars, pointing hands: what forms and notes are full of.
signs=U+2300-23FF,U+2500-257F,U+2580-259F,U+25A0-25FF,U+2600-266F,U+2690-26FF,U+2700-27BF,U+2B00-2B2F,U+1F5F4-1F5F9

subset() {
    pyftsubset "$1" --output-file="$out/$(basename "$1")" --unicodes="$2" --no-hinting --desubroutinize \
        --layout-features='*' --name-IDs='0,1,2,3,4,5,6,13,14' --notdef-outline --drop-tables+=DSIG
}

for style in Regular Bold Italic; do subset "$noto/NotoSans-$style.ttf" "$western"; done
for style in Regular Bold; do subset "$noto/NotoSansArabic-$style.ttf" '*'; done
subset "$noto/NotoSansMono-Regular.ttf" "$western,U+2500-259F"
subset "$noto/NotoSansHebrew-Regular.ttf" '*'
subset "$noto/NotoSansSymbols2-Regular.ttf" "$signs"
# Han, kana, Hangul, bopomofo, full-width forms.
subset "$droid/DroidSansFallback.ttf" 'U+2E80-FAFF,U+FE30-FE4F,U+FF00-FFEF,U+20000-2FFFF'
# Of the last one no digit and no space is there; both stand in any contract. They come from a font of the same licence.
python3 - "$out/DroidSansFallback.ttf" "$3/Roboto-Regular.ttf" <<'PYTHON'
import sys
from fontTools.merge import Merger
from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont
from fontTools.ttLib.scaleUpem import scale_upem

into, latin = sys.argv[1], TTFont(sys.argv[2])
asian = TTFont(into)
kept = {"head", "hhea", "maxp", "OS/2", "hmtx", "cmap", "loca", "glyf", "name", "post", "GlyphOrder"}
subsetter = Subsetter(Options(hinting=False, layout_features=[], drop_tables=["GPOS", "GSUB", "GDEF", "DSIG"]))
subsetter.populate(unicodes=[*range(0x20, 0x7F), *range(0xA0, 0x100), 0x2013, 0x2014, 0x20AC])
subsetter.subset(latin)
scale_upem(latin, asian["head"].unitsPerEm)
for font, path in ((asian, into), (latin, into + ".latin")):
    for table in set(font.keys()) - kept:
        del font[table]
    font["OS/2"].version, font["post"].formatType = 3, 3.0
    font.save(path)
Merger().merge([into, into + ".latin"]).save(into)
PYTHON
rm "$out/DroidSansFallback.ttf.latin"

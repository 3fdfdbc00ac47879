#!/usr/bin/env bash
# Makes the pictures of the tests that Go cannot encode, with cjpeg (libjpeg-turbo-progs), cwebp, webpmux and img2webp (webp)
# of Debian 12. All show four colors, 64 × 48 pixels: white, black, red and blue, from the top left to the bottom right.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
work=$(mktemp -d)
trap 'rm -r "$work"' EXIT

{ # a PPM file
	printf 'P6\n64 48\n255\n'
	for row in '\xff\xff\xff \x00\x00\x00' '\xc8\x1e\x28 \x14\x28\xb4'; do
		read -r left right <<<"$row"
		for ((i = 0; i < 24; i++)); do
			for ((x = 0; x < 32; x++)); do printf '%b' "$left"; done
			for ((x = 0; x < 32; x++)); do printf '%b' "$right"; done
		done
	done
} >"$work/colors.ppm"

# Exif with the orientation 6 and a secret, and XMP.
printf 'II*\x00\x08\x00\x00\x00\x02\x00\x12\x01\x03\x00\x01\x00\x00\x00\x06\x00\x00\x00\x0e\x01\x02\x00\x07\x00\x00\x00\x26\x00\x00\x00\x00\x00\x00\x00SECRET\x00' >"$work/exif"
printf '<x:xmpmeta xmlns:x="adobe:ns:meta/">SECRET</x:xmpmeta>' >"$work/xmp"
head -c 200 /dev/zero | tr '\0' P >"$work/icc"

cjpeg -quality 90 -progressive -sample 1x1 -outfile progressive.jpg "$work/colors.ppm"
cwebp -quiet -q 95 "$work/colors.ppm" -o "$work/lossy.webp"
webpmux -set icc "$work/icc" "$work/lossy.webp" -o "$work/1.webp" 2>/dev/null
webpmux -set exif "$work/exif" "$work/1.webp" -o "$work/2.webp" 2>/dev/null
webpmux -set xmp "$work/xmp" "$work/2.webp" -o lossy-exif-xmp-icc.webp 2>/dev/null
cp "$work/lossy.webp" lossy.webp
cwebp -quiet -lossless "$work/colors.ppm" -o lossless.webp
img2webp -loop 0 -d 100 "$work/lossy.webp" -d 200 lossless.webp -o "$work/animated.webp" 2>/dev/null >&2
webpmux -set xmp "$work/xmp" "$work/animated.webp" -o animated-xmp.webp 2>/dev/null

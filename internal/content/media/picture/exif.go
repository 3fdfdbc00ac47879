package picture

import (
	"bytes"
	"encoding/binary"
)

// orientation is how a picture has to be turned, as the tag Orientation says (Exif 2.32, section 4.6.4).
type orientation uint8

// upright needs no change.
const upright orientation = 1

// transposes reports whether width and height change places.
func (o orientation) transposes() bool { return o >= 5 }

// source returns which pixel of a picture of width × height pixels is at x, y when it is upright.
func (o orientation) source(x, y, width, height int) (int, int) {
	switch o {
	case 2:
		return width - 1 - x, y
	case 3:
		return width - 1 - x, height - 1 - y
	case 4:
		return x, height - 1 - y
	case 5:
		return y, x
	case 6:
		return y, height - 1 - x
	case 7:
		return width - 1 - y, height - 1 - x
	case 8:
		return width - 1 - y, x
	}
	return x, y
}

// maxExifBytes is how much of Exif metadata is read: a segment of JPEG has at most 64 KiB, and the first directory, which has
// the orientation, is at the beginning.
const maxExifBytes = 64<<10 - 1

// readOrientation returns the orientation from Exif metadata: a TIFF file, possibly after "Exif\0\0". It is upright if the
// metadata has none, or is damaged.
func readOrientation(exif []byte) orientation {
	exif = bytes.TrimPrefix(exif, []byte("Exif\x00\x00"))
	if len(exif) < 8 {
		return upright
	}
	var order binary.ByteOrder
	switch string(exif[:4]) {
	case "II*\x00":
		order = binary.LittleEndian
	case "MM\x00*":
		order = binary.BigEndian
	default:
		return upright
	}
	start := int64(order.Uint32(exif[4:]))
	if start+2 > int64(len(exif)) {
		return upright
	}
	const entryBytes, tagOrientation, typeShort = 12, 0x0112, 3
	entries := exif[start+2:]
	for range order.Uint16(exif[start:]) {
		if len(entries) < entryBytes {
			break
		}
		if order.Uint16(entries) == tagOrientation {
			if value := order.Uint16(entries[8:]); order.Uint16(entries[2:]) == typeShort && 1 <= value && value <= 8 {
				return orientation(value)
			}
			break
		}
		entries = entries[entryBytes:]
	}
	return upright
}

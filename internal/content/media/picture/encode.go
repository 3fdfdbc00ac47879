package picture

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"image"
	"image/jpeg"
	"image/png"
	"io"
)

const (
	// variantQuality and uprightQuality are the qualities of JPEG. A picture that is turned upright stands for the original.
	variantQuality, uprightQuality = 82, 90
)

// encode writes a picture with a color profile. nil: without.
func encode(w io.Writer, img image.Image, format Format, quality int, profile []byte) error {
	if format == PNG {
		if err := png.Encode(insertAfter(w, pngHeaderBytes, pngProfile(profile)), img); err != nil {
			return fmt.Errorf("encode a PNG: %w", err)
		}
		return nil
	}
	if err := jpeg.Encode(insertAfter(w, jpegHeaderBytes, jpegProfile(profile)), img, &jpeg.Options{Quality: quality}); err != nil {
		return fmt.Errorf("encode a JPEG: %w", err)
	}
	return nil
}

// The length of what is before a color profile: the marker SOI; the signature and the chunk IHDR.
const jpegHeaderBytes, pngHeaderBytes = 2, 8 + 25

// inserter inserts bytes at a position.
type inserter struct {
	w        io.Writer
	left     int // bytes before the position
	inserted []byte
}

func insertAfter(w io.Writer, n int, inserted []byte) io.Writer {
	if inserted == nil {
		return w
	}
	return &inserter{w, n, inserted}
}

func (i *inserter) Write(p []byte) (int, error) {
	if i.inserted == nil {
		return i.w.Write(p)
	}
	before := min(i.left, len(p))
	n, err := i.w.Write(p[:before])
	i.left -= n
	if err != nil || i.left > 0 {
		return n, err
	}
	if _, err := i.w.Write(i.inserted); err != nil {
		return n, err
	}
	i.inserted = nil
	rest, err := i.w.Write(p[before:])
	return n + rest, err
}

// jpegProfile returns the segments of a profile (ICC.1:2022, section B.4).
func jpegProfile(profile []byte) []byte {
	const most = 65535 - 2 - len(iccPrefix) - 2
	total := ceilDiv(len(profile), most)
	var segments []byte
	for number := range total {
		part := profile[number*most : min((number+1)*most, len(profile))]
		segments = append(segments, 0xff, markerAPP0+2)
		segments = binary.BigEndian.AppendUint16(segments, uint16(2+len(iccPrefix)+2+len(part)))
		segments = append(segments, iccPrefix...)
		segments = append(segments, byte(number+1), byte(total))
		segments = append(segments, part...)
	}
	return segments
}

// pngProfile returns the chunk iCCP of a profile (PNG, section 11.3.2.3).
func pngProfile(profile []byte) []byte {
	if profile == nil {
		return nil
	}
	var packed bytes.Buffer
	packed.WriteString("iCCPICC profile\x00\x00")
	compressor := zlib.NewWriter(&packed)
	_, _ = compressor.Write(profile) // a bytes.Buffer returns no errors
	_ = compressor.Close()
	chunk := binary.BigEndian.AppendUint32(nil, uint32(packed.Len()-4))
	chunk = append(chunk, packed.Bytes()...)
	return binary.BigEndian.AppendUint32(chunk, crc32.ChecksumIEEE(packed.Bytes()))
}

// Package picturetest makes pictures for tests: large ones of few bytes, and parts of files.
package picturetest

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"hash/crc32"
)

// Insert inserts parts at a position of a file.
func Insert(file []byte, position int, parts ...[]byte) []byte {
	inserted := append([]byte{}, file[:position]...)
	for _, part := range parts {
		inserted = append(inserted, part...)
	}
	return append(inserted, file[position:]...)
}

// Segment returns a segment of a JPEG file.
func Segment(marker byte, data ...string) []byte {
	var joined []byte
	for _, part := range data {
		joined = append(joined, part...)
	}
	return append(binary.BigEndian.AppendUint16([]byte{0xff, marker}, uint16(len(joined)+2)), joined...)
}

// Chunk returns a chunk of a PNG file.
func Chunk(name string, data []byte) []byte {
	named := append([]byte(name), data...)
	c := append(binary.BigEndian.AppendUint32(nil, uint32(len(data))), named...)
	return binary.BigEndian.AppendUint32(c, crc32.ChecksumIEEE(named))
}

// FlatJPEG returns a large gray picture: with codes of one bit, which is 0, all data are zeros.
func FlatJPEG(width, height int, progressive bool, luma byte, scans int) []byte {
	file := []byte{0xff, 0xd8}
	frame := byte(0xc0)
	if progressive {
		frame = 0xc2
	}
	file = append(file, Segment(0xdb, "\x00"+string(bytes.Repeat([]byte{1}, 64)))...)
	size := binary.BigEndian.AppendUint16(binary.BigEndian.AppendUint16([]byte{8}, uint16(height)), uint16(width))
	file = append(file, Segment(frame, string(size), "\x03", string([]byte{1, luma, 0, 2, 0x11, 0, 3, 0x11, 0}))...)
	for _, class := range []string{"\x00", "\x10"} {
		file = append(file, Segment(0xc4, class, "\x01"+string(make([]byte, 15)), "\x00")...)
	}
	h, v := int(luma>>4), int(luma&15)
	units := ((width + 8*h - 1) / (8 * h)) * ((height + 8*v - 1) / (8 * v))
	bits := 2 * units * (h*v + 2)
	last := byte(63)
	if progressive {
		bits, last = bits/2, 0 // the first scan has no AC coefficients
	}
	for range scans {
		file = append(file, Segment(0xda, "\x03\x01\x00\x02\x00\x03\x00", string([]byte{0, last, 0}))...)
		file = append(file, make([]byte, (bits+7)/8)...)
	}
	return append(file, 0xff, 0xd9)
}

// FlatPNG returns a large black picture. bits is the number of bits of a pixel.
func FlatPNG(width, height int, depth, colorType byte, bits int, interlaced bool) []byte {
	header := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, uint32(width)), uint32(height))
	passes := [][4]int{{1, 1, 0, 0}}
	if interlaced { // PNG, section 8.1
		passes = [][4]int{{8, 8, 0, 0}, {8, 8, 4, 0}, {4, 8, 0, 4}, {4, 4, 2, 0}, {2, 4, 0, 2}, {2, 2, 1, 0}, {1, 2, 0, 1}}
		header = append(header, depth, colorType, 0, 0, 1)
	} else {
		header = append(header, depth, colorType, 0, 0, 0)
	}
	var data bytes.Buffer
	w := zlib.NewWriter(&data)
	for _, pass := range passes {
		columns, rows := (width-pass[2]+pass[0]-1)/pass[0], (height-pass[3]+pass[1]-1)/pass[1]
		row := make([]byte, 1+(columns*bits+7)/8)
		for range rows {
			_, _ = w.Write(row) // a buffer does not fail
		}
	}
	_ = w.Close()
	file := []byte("\x89PNG\r\n\x1a\n")
	file = append(file, Chunk("IHDR", header)...)
	if colorType == 3 {
		file = append(file, Chunk("PLTE", make([]byte, 3))...)
	}
	file = append(file, Chunk("IDAT", data.Bytes())...)
	return append(file, Chunk("IEND", nil)...)
}

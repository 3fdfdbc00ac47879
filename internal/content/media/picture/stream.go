package picture

import (
	"bufio"
	"errors"
	"fmt"
	"io"
)

// stream copies parts of a file. After the first error, which err keeps, its methods do nothing and return zeros, so that a
// loop has to look at err once in each round.
type stream struct {
	in      *bufio.Reader
	source  *source
	out     io.Writer
	written int64
	err     error
	scratch [64 << 10]byte
}

// source remembers why reading failed, so that an upload that breaks off is not taken for a damaged picture.
type source struct {
	io.Reader
	err error
}

func (s *source) Read(p []byte) (int, error) {
	n, err := s.Reader.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		s.err = err
	}
	return n, err
}

func newStream(out io.Writer, src io.Reader) *stream {
	remembered := &source{Reader: src}
	return &stream{in: bufio.NewReaderSize(remembered, 16<<10), source: remembered, out: out}
}

func (s *stream) fail(err error) {
	if s.err == nil {
		s.err = err
	}
}

func (s *stream) readFailed() {
	if s.source.err != nil {
		s.fail(fmt.Errorf("read the picture: %w", s.source.err))
		return
	}
	s.fail(errDamaged) // it ends early
}

// take reads n bytes, at most 64 KiB, which are valid until the next call. nil after an error.
func (s *stream) take(n int) []byte {
	if s.err != nil {
		return nil
	}
	if _, err := io.ReadFull(s.in, s.scratch[:n]); err != nil {
		s.readFailed()
		return nil
	}
	return s.scratch[:n]
}

func (s *stream) byte() byte {
	if b := s.take(1); b != nil {
		return b[0]
	}
	return 0
}

func (s *stream) write(p ...byte) {
	if s.err != nil {
		return
	}
	n, err := s.out.Write(p)
	s.written += int64(n)
	if err != nil {
		s.fail(fmt.Errorf("store the picture: %w", err))
	}
}

// copy copies n bytes.
func (s *stream) copy(n int64) {
	for n > 0 && s.err == nil {
		part := s.take(int(min(n, int64(len(s.scratch)))))
		s.write(part...)
		n -= int64(len(part))
	}
}

// skip drops n bytes.
func (s *stream) skip(n int64) {
	for n > 0 && s.err == nil {
		n -= int64(len(s.take(int(min(n, int64(len(s.scratch)))))))
	}
}

// zero writes n zeros in place of n bytes.
func (s *stream) zero(n int64) {
	for n > 0 && s.err == nil {
		part := s.take(int(min(n, int64(len(s.scratch)))))
		clear(part)
		s.write(part...)
		n -= int64(len(part))
	}
}

// collect copies n bytes, and appends them to what was collected. It returns nil if that would be more than limit.
func (s *stream) collect(collected []byte, n int64, limit int) []byte {
	if int64(len(collected))+n > int64(limit) {
		s.copy(n)
		return nil
	}
	for n > 0 && s.err == nil {
		part := s.take(int(min(n, int64(len(s.scratch)))))
		s.write(part...)
		collected = append(collected, part...)
		n -= int64(len(part))
	}
	return collected
}

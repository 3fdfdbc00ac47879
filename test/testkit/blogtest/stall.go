package blogtest

import (
	"fmt"
	"net"
	"net/http"
	"strings"
	"syscall"
)

// Stall sends a request without its body, and then neither sends nor receives anything until the end of the test. The
// connection has so small a buffer that the server cannot send a long response.
func (r *Replica) Stall(method, host, path string, header http.Header) {
	r.t.Helper()
	dialer := net.Dialer{Control: func(_, _ string, connection syscall.RawConn) (err error) {
		controlErr := connection.Control(func(fd uintptr) {
			err = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVBUF, 4096)
		})
		if err == nil {
			err = controlErr
		}
		return err
	}}
	connection, err := dialer.DialContext(r.t.Context(), "tcp", r.Address)
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { connection.Close() })
	var head strings.Builder
	fmt.Fprintf(&head, "%s %s HTTP/1.1\r\nHost: %s\r\n", method, path, host)
	if err := header.Write(&head); err != nil {
		r.t.Fatal(err)
	}
	if _, err := connection.Write([]byte(head.String() + "\r\n")); err != nil {
		r.t.Fatal(err)
	}
}

// Stall does what Replica.Stall does, with the browser's host and cookies.
func (b *Browser) Stall(method, path string, header http.Header) {
	b.T.Helper()
	sent := header.Clone()
	if sent == nil {
		sent = http.Header{}
	}
	for name, value := range b.Cookies {
		sent.Add("Cookie", (&http.Cookie{Name: name, Value: value}).String())
	}
	b.Replica.Stall(method, b.Host, path, sent)
}

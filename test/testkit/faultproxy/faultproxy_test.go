package faultproxy_test

import (
	"bufio"
	"errors"
	"io"
	"net"
	"net/url"
	"os"
	"testing"
	"time"

	"github.com/echoblogs/echoblogs/test/testkit/faultproxy"
)

func TestProxyForwardsStallsAndCuts(t *testing.T) {
	t.Parallel()
	proxy, through := faultproxy.New(t, "tcp://"+startEcho(t)+"/path?key=value")
	address, err := url.Parse(through)
	if err != nil || address.Path != "/path" || address.RawQuery != "key=value" {
		t.Fatalf("the URL through the proxy is %q, %v", through, err)
	}
	connection := dial(t, address.Host)
	if line, err := connection.exchange("first\n"); line != "first\n" {
		t.Fatalf("a healthy proxy returns %q, %v", line, err)
	}

	proxy.Stall()
	if err := connection.SetReadDeadline(time.Now().Add(100 * time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	if line, err := connection.exchange("second\n"); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Fatalf("a stalled proxy returns %q, %v", line, err)
	}
	if err := connection.SetReadDeadline(time.Time{}); err != nil {
		t.Fatal(err)
	}
	if wasCut := proxy.Restore(); wasCut {
		t.Error("the proxy reports that it cut connections, but it only stalled")
	}
	if line, err := connection.reader.ReadString('\n'); line != "second\n" {
		t.Fatalf("a restored proxy returns %q, %v, want the stalled data", line, err)
	}

	proxy.Cut()
	if line, err := connection.exchange("third\n"); err == nil {
		t.Errorf("a cut connection returns %q", line)
	}
	if line, err := dial(t, address.Host).exchange("fourth\n"); err == nil {
		t.Errorf("a new connection through a cut proxy returns %q", line)
	}
	if wasCut := proxy.Restore(); !wasCut {
		t.Error("the proxy does not report that it cut connections")
	}
	if line, err := dial(t, address.Host).exchange("fifth\n"); line != "fifth\n" {
		t.Errorf("a new connection after Restore returns %q, %v", line, err)
	}
}

// connection is a client of the echo server.
type connection struct {
	net.Conn
	reader *bufio.Reader
}

func dial(t *testing.T, address string) connection {
	t.Helper()
	opened, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { opened.Close() })
	return connection{opened, bufio.NewReader(opened)}
}

func (c connection) exchange(line string) (string, error) {
	if _, err := io.WriteString(c, line); err != nil {
		return "", err
	}
	return c.reader.ReadString('\n')
}

// startEcho starts a server that returns what it receives, and returns its address.
func startEcho(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	go func() {
		for {
			accepted, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer accepted.Close()
				_, _ = io.Copy(accepted, accepted)
			}()
		}
	}()
	return listener.Addr().String()
}

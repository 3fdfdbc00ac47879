// Package faultproxy forwards TCP connections to a server and fails on demand, so that a test can break the network
// between two programs.
package faultproxy

import (
	"context"
	"encoding/binary"
	"io"
	"net"
	"net/url"
	"sync"
	"testing"
)

// Proxy forwards connections to one server. It starts healthy and ends with the test.
type Proxy struct {
	server   string // HOST:PORT
	listener net.Listener
	// respond copies what the server sends to the client.
	respond func(client io.Writer, server io.Reader) error
	copies  sync.WaitGroup

	mu          sync.Mutex
	changed     sync.Cond
	cut         bool
	stalled     bool
	remaining   int // of the server's messages until the connections are cut; negative: no limit
	connections map[net.Conn]struct{}
}

// New starts a proxy for the server at a URL, and returns the URL that leads through the proxy.
func New(t testing.TB, server string) (proxy *Proxy, through string) {
	t.Helper()
	return start(t, server, func(client io.Writer, server io.Reader) error {
		_, err := io.Copy(client, server)
		return err
	})
}

// NewPostgres is New for a connection URI of Postgres. The connections through the proxy are not encrypted, because
// CutBeforeMessage has to recognize the server's messages.
func NewPostgres(t testing.TB, server string) (proxy *Proxy, through string) {
	t.Helper()
	proxy, through = start(t, server, copyMessages)
	address, err := url.Parse(through)
	if err != nil {
		t.Fatal(err)
	}
	query := address.Query()
	query.Set("sslmode", "disable")
	address.RawQuery = query.Encode()
	return proxy, address.String()
}

func start(t testing.TB, server string, respond func(io.Writer, io.Reader) error) (*Proxy, string) {
	t.Helper()
	address, err := url.Parse(server)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &Proxy{server: address.Host, listener: listener, respond: respond, remaining: -1, connections: make(map[net.Conn]struct{})}
	p.changed.L = &p.mu
	p.copies.Go(p.accept)
	t.Cleanup(func() {
		listener.Close()
		p.Cut()
		p.copies.Wait()
	})
	address.Host = listener.Addr().String()
	return p, address.String()
}

// Cut closes all connections, and new ones as soon as they are accepted. Stalled data is lost.
func (p *Proxy) Cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.cutLocked()
}

func (p *Proxy) cutLocked() {
	p.cut, p.stalled = true, false
	for connection := range p.connections {
		connection.Close()
	}
	p.changed.Broadcast()
}

// Stall keeps connections open and accepts new ones, but forwards nothing.
func (p *Proxy) Stall() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.stalled = true
}

// CutBeforeMessage cuts when the server has sent that many more messages, and drops the next one: the client never
// learns whether its request succeeded. It needs NewPostgres.
func (p *Proxy) CutBeforeMessage(number int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.remaining = number
}

// Restore forwards again, stalled data first. It reports whether connections were cut before.
func (p *Proxy) Restore() (wasCut bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	wasCut = p.cut
	p.cut, p.stalled, p.remaining = false, false, -1
	p.changed.Broadcast()
	return wasCut
}

func (p *Proxy) accept() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return
		}
		server, err := new(net.Dialer).DialContext(context.Background(), "tcp", p.server)
		if err != nil {
			client.Close()
			continue
		}
		if !p.add(client, server) {
			client.Close()
			server.Close()
			continue
		}
		p.copies.Go(func() {
			defer p.remove(client, server)
			_ = p.respond(gate{p, client, p.takeMessage}, server) // either end may close at any time
		})
		p.copies.Go(func() {
			defer p.remove(client, server)
			_, _ = io.Copy(gate{p, server, nil}, client)
		})
	}
}

func (p *Proxy) add(connections ...net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.cut {
		return false
	}
	for _, connection := range connections {
		p.connections[connection] = struct{}{}
	}
	return true
}

func (p *Proxy) remove(connections ...net.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, connection := range connections {
		connection.Close()
		delete(p.connections, connection)
	}
}

// takeMessage counts a message of the server, and cuts before the one that is too many.
func (p *Proxy) takeMessage() {
	if p.remaining == 0 {
		p.cutLocked()
	} else if p.remaining > 0 {
		p.remaining--
	}
}

// gate forwards what is written unless the proxy is stalled or cut.
type gate struct {
	proxy *Proxy
	to    io.Writer
	// before is called before each write, with the proxy's lock held. It may be nil.
	before func()
}

func (g gate) Write(b []byte) (int, error) {
	g.proxy.mu.Lock()
	for g.proxy.stalled {
		g.proxy.changed.Wait()
	}
	if g.before != nil {
		g.before()
	}
	cut := g.proxy.cut
	g.proxy.mu.Unlock()
	if cut {
		return 0, net.ErrClosed
	}
	return g.to.Write(b)
}

// copyMessages copies a Postgres server's messages one at a time. Each is a byte for its type and a length that
// includes itself (PostgreSQL manual, "Message Formats").
func copyMessages(client io.Writer, server io.Reader) error {
	for {
		var header [5]byte
		if _, err := io.ReadFull(server, header[:]); err != nil {
			return err
		}
		message := make([]byte, 1+int(binary.BigEndian.Uint32(header[1:])))
		copy(message, header[:])
		if _, err := io.ReadFull(server, message[5:]); err != nil {
			return err
		}
		if _, err := client.Write(message); err != nil {
			return err
		}
	}
}

package stack

import (
	"context"
	"io"
	"net"
	"net/url"
	"path/filepath"
	"strings"
	"sync"

	"k8s.io/client-go/tools/clientcmd"
)

// Line carries a program's connections to a server, and can be cut or held.
type Line struct {
	target   string
	listener net.Listener
	carrying sync.WaitGroup

	mu       sync.Mutex
	changed  *sync.Cond
	cut      bool
	held     bool
	carriers map[net.Conn]struct{}
}

// PortalAPILine puts a line between the public site and the API server. It is for replicas that are started afterwards.
func (p *Platform) PortalAPILine() *Line {
	p.t.Helper()
	config, err := clientcmd.LoadFromFile(p.portalKubeconfig)
	if err != nil {
		p.t.Fatal(err)
	}
	var line *Line
	for _, cluster := range config.Clusters {
		line, cluster.Server = p.NewLine(cluster.Server)
	}
	p.portalKubeconfig = filepath.Join(p.t.TempDir(), "line.kubeconfig")
	if err := clientcmd.WriteToFile(*config, p.portalKubeconfig); err != nil {
		p.t.Fatal(err)
	}
	return line
}

// PortalDatabaseLine puts a line between the public site and the database. It is for replicas that are started
// afterwards.
func (p *Platform) PortalDatabaseLine() *Line {
	p.t.Helper()
	line, uri := p.NewLine(p.Database.PortalURI)
	p.Database.PortalURI = uri
	return line
}

// NewLine returns a line to the server at an address, which is a URL, and the address of its other end.
func (p *Platform) NewLine(address string) (*Line, string) {
	p.t.Helper()
	parsed, err := url.Parse(address)
	if err != nil {
		p.t.Fatal(err)
	}
	listener, err := new(net.ListenConfig).Listen(p.t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		p.t.Fatal(err)
	}
	l := &Line{target: parsed.Host, listener: listener, carriers: make(map[net.Conn]struct{})}
	l.changed = sync.NewCond(&l.mu)
	l.carrying.Go(l.accept)
	p.t.Cleanup(func() {
		listener.Close()
		l.Cut()
		l.carrying.Wait()
	})
	return l, strings.Replace(address, parsed.Host, listener.Addr().String(), 1)
}

// Cut ends all connections, and new ones as soon as they are made. What was held is lost.
func (l *Line) Cut() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.cut, l.held = true, false
	for connection := range l.carriers {
		connection.Close()
	}
	l.changed.Broadcast()
}

// Hold keeps what either side sends from then on: connections stay open, new ones are taken, and nobody answers.
func (l *Line) Hold() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.held = true
}

// Mend carries again, first what was held.
func (l *Line) Mend() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.cut, l.held = false, false
	l.changed.Broadcast()
}

func (l *Line) accept() {
	for {
		near, err := l.listener.Accept()
		if err != nil {
			return
		}
		far, err := new(net.Dialer).DialContext(context.Background(), "tcp", l.target)
		if err != nil || !l.add(near, far) {
			near.Close()
			if far != nil {
				far.Close()
			}
			continue
		}
		l.carrying.Go(func() { l.carry(near, far) })
		l.carrying.Go(func() { l.carry(far, near) })
	}
}

func (l *Line) add(connections ...net.Conn) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.cut {
		return false
	}
	for _, connection := range connections {
		l.carriers[connection] = struct{}{}
	}
	return true
}

// carry brings what one side sends to the other until either has closed.
func (l *Line) carry(from, to net.Conn) {
	defer func() {
		from.Close()
		to.Close()
		l.mu.Lock()
		defer l.mu.Unlock()
		delete(l.carriers, from)
	}()
	_, _ = io.Copy(gate{l, to}, from)
}

// gate lets through what a line does not hold.
type gate struct {
	line *Line
	to   net.Conn
}

func (g gate) Write(b []byte) (int, error) {
	g.line.mu.Lock()
	for g.line.held {
		g.line.changed.Wait()
	}
	cut := g.line.cut
	g.line.mu.Unlock()
	if cut {
		return 0, net.ErrClosed
	}
	return g.to.Write(b)
}

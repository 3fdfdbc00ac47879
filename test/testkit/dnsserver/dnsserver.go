// Package dnsserver is an authoritative DNS server for TXT records, over UDP and TCP, which misbehaves as a test demands.
package dnsserver

import (
	"context"
	"encoding/binary"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"
)

// maxUDP is the size up to which answers are sent over UDP. Clients repeat larger ones over TCP.
const maxUDP = 512

// Fault is how a server misbehaves.
type Fault string

// The faults.
const (
	// None answers what was set, and NXDOMAIN for other names.
	None Fault = ""
	// Silence answers nothing.
	Silence Fault = "silence"
	// ServerFailure answers SERVFAIL.
	ServerFailure Fault = "SERVFAIL"
	// Refusal answers REFUSED.
	Refusal Fault = "REFUSED"
	// WrongID answers with the right records and the ID of another query.
	WrongID Fault = "wrong ID"
	// Garbage answers with bytes that are no DNS message.
	Garbage Fault = "garbage"
	// NoData answers that the name exists without a TXT record.
	NoData Fault = "no data"
)

// Server is a DNS server on the loopback interface.
type Server struct {
	// Address is HOST:PORT.
	Address string

	mu      sync.Mutex
	records map[string][]string
	faults  map[string]Fault
	delays  map[string]time.Duration
	fault   Fault
	queries map[string]int
}

// Start starts a server, which the end of the test stops.
func Start(t testing.TB) *Server {
	t.Helper()
	s := &Server{
		records: make(map[string][]string), faults: make(map[string]Fault), delays: make(map[string]time.Duration), queries: make(map[string]int),
	}
	ctx, cancel := context.WithCancel(context.Background())
	listener, packets := listen(t)
	s.Address = listener.Addr().String()
	var running sync.WaitGroup
	running.Go(func() { s.servePackets(ctx, packets, &running) })
	running.Go(func() { s.serveStreams(ctx, listener, &running) })
	t.Cleanup(func() {
		cancel()
		listener.Close()
		packets.Close()
		running.Wait()
	})
	return s
}

// listen listens on a port that is free for both protocols.
func listen(t testing.TB) (net.Listener, net.PacketConn) {
	t.Helper()
	var config net.ListenConfig
	var err error
	for range 20 {
		var listener net.Listener
		if listener, err = config.Listen(t.Context(), "tcp", "127.0.0.1:0"); err != nil {
			break
		}
		var packets net.PacketConn
		if packets, err = config.ListenPacket(t.Context(), "udp", listener.Addr().String()); err == nil {
			return listener, packets
		}
		listener.Close()
	}
	t.Fatal(err)
	return nil, nil
}

// Set sets the values of the TXT records of a name; without values, there are none.
func (s *Server) Set(name string, values ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(values) == 0 {
		delete(s.records, key(name))
		return
	}
	s.records[key(name)] = values
}

// Break makes the server misbehave for all names.
func (s *Server) Break(fault Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fault = fault
}

// BreakName makes the server misbehave for one name.
func (s *Server) BreakName(name string, fault Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults[key(name)] = fault
}

// Delay makes the server answer late for one name.
func (s *Server) Delay(name string, delay time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.delays[key(name)] = delay
}

// Queries returns the number of queries for a name so far.
func (s *Server) Queries(name string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.queries[key(name)]
}

func key(name string) string { return strings.ToLower(strings.TrimSuffix(name, ".")) }

func (s *Server) servePackets(ctx context.Context, packets net.PacketConn, running *sync.WaitGroup) {
	for {
		query := make([]byte, 65535)
		n, from, err := packets.ReadFrom(query)
		if err != nil {
			return // the test has ended
		}
		running.Go(func() {
			if answer := s.answer(ctx, query[:n], maxUDP); answer != nil {
				_, _ = packets.WriteTo(answer, from)
			}
		})
	}
}

func (s *Server) serveStreams(ctx context.Context, listener net.Listener, running *sync.WaitGroup) {
	for {
		stream, err := listener.Accept()
		if err != nil {
			return // the test has ended
		}
		running.Go(func() {
			defer stream.Close()
			defer context.AfterFunc(ctx, func() { stream.Close() })()
			var size [2]byte
			if _, err := io.ReadFull(stream, size[:]); err != nil {
				return
			}
			query := make([]byte, binary.BigEndian.Uint16(size[:]))
			if _, err := io.ReadFull(stream, query); err != nil {
				return
			}
			if answer := s.answer(ctx, query, 65535); answer != nil {
				binary.BigEndian.PutUint16(size[:], uint16(len(answer)))
				_, _ = stream.Write(append(size[:], answer...))
			}
		})
	}
}

// answer returns the answer to a query, or nil if there is none. An answer that is larger than limit is truncated.
func (s *Server) answer(ctx context.Context, query []byte, limit int) []byte {
	var m dnsmessage.Message
	if err := m.Unpack(query); err != nil || len(m.Questions) != 1 {
		return nil
	}
	question := m.Questions[0]
	values, fault, delay := s.look(question.Name.String())
	select {
	case <-ctx.Done():
		return nil
	case <-time.After(delay):
	}
	m.Response, m.Authoritative, m.RecursionAvailable, m.Additionals = true, true, true, nil
	switch fault {
	case Silence:
		return nil
	case Garbage:
		return []byte("no DNS message")
	case ServerFailure:
		m.RCode = dnsmessage.RCodeServerFailure
	case Refusal:
		m.RCode = dnsmessage.RCodeRefused
	case WrongID:
		m.ID++
		fallthrough
	case None:
		if values == nil {
			m.RCode = dnsmessage.RCodeNameError
		}
		m.Answers = resources(question.Name, values)
	case NoData:
	}
	answer, err := m.Pack()
	if err == nil && len(answer) > limit {
		m.Answers, m.Truncated = nil, true
		answer, err = m.Pack()
	}
	if err != nil {
		return nil
	}
	return answer
}

func (s *Server) look(name string) (values []string, fault Fault, delay time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	name = key(name)
	s.queries[name]++
	if fault = s.fault; s.faults[name] != None {
		fault = s.faults[name]
	}
	return s.records[name], fault, s.delays[name]
}

func resources(name dnsmessage.Name, values []string) []dnsmessage.Resource {
	var found []dnsmessage.Resource
	for _, value := range values {
		found = append(found, dnsmessage.Resource{
			Header: dnsmessage.ResourceHeader{Name: name, Type: dnsmessage.TypeTXT, Class: dnsmessage.ClassINET, TTL: 1},
			Body:   &dnsmessage.TXTResource{TXT: []string{value}},
		})
	}
	return found
}

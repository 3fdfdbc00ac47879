package isolation_test

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"strings"
	"time"
)

// request is a request in its wire format. It may be malformed in ways that net/http would not send.
type request struct {
	text string
	// host is the requested host. Empty: none that has an owner.
	host string
	head bool
	// status is the required status of the response. Defaults to any.
	status int
	// severed reports that the server may close the connection before it has read the request.
	severed bool
}

// get returns a request for a page.
func get(host, path string) request {
	return request{text: "GET " + path + " HTTP/1.1\r\nHost: " + host + "\r\n\r\n", host: host}
}

// paths are requested from every host; the last ones show no posts.
var paths = []string{"/", "/", "/hello/", "/feed.xml", "/page/2/", "/hello", "/robots.txt", "/nothing/"}

// ordinary returns a request that an ingress controller might forward.
func ordinary(random *rand.Rand, hosts []string) request {
	host := hosts[random.IntN(len(hosts))]
	switch random.IntN(20) {
	case 0: // a path that only another tenant has
		other, _, _ := strings.Cut(hosts[random.IntN(len(hosts))], ".")
		return get(host, "/only-"+other+"/")
	case 1:
		return request{text: "HEAD / HTTP/1.1\r\nHost: " + host + "\r\n\r\n", host: host, head: true}
	}
	return get(host, paths[random.IntN(len(paths))])
}

// named returns a request with a Host header, and the host that it should be taken for. Empty: none.
func named(header, host string) request {
	r := get(header, "/")
	r.host = host
	return r
}

// oddRequests returns requests that an attacker might send for the host a, to see the pages of b.
func oddRequests(a, b string) []request {
	upper := strings.ToUpper(a)
	label, parent, _ := strings.Cut(a, ".")
	return []request{
		// Other spellings of the same host.
		named(upper, a), named(strings.ToUpper(label)+"."+parent, a), named(a+".", a), named(upper+".:80", a),
		named(a+":80", a), named(a+":65535", a), named(a+":", a), named("\t "+a+" \t", a),
		{text: "GET / HTTP/1.1\r\nhOST: " + a + "\r\n\r\n", host: a},
		{text: "GET / HTTP/1.0\r\nHost: " + a + "\r\n\r\n", host: a},
		// Letters that international domain names map to ASCII.
		named(fullWidth(label)+"."+parent, a), named(label+"。"+parent, a),
		// Headers other than Host are ignored.
		{text: "GET / HTTP/1.1\r\nHost: " + a + "\r\nX-Forwarded-Host: " + b + "\r\nX-Host: " + b + "\r\nForwarded: host=" + b +
			"\r\nX-Original-Host: " + b + "\r\nEchoblogs-Tenant: " + b + "\r\n\r\n", host: a},
		// The URL in the request line takes precedence over the header (RFC 9112, section 3.2.2).
		{text: "GET http://" + b + "/ HTTP/1.1\r\nHost: " + a + "\r\n\r\n", host: b},
		{text: "GET http://" + a + "@" + b + "/ HTTP/1.1\r\nHost: " + a + "\r\n\r\n", host: b},
		// Hosts in paths.
		{text: "GET //" + b + "/ HTTP/1.1\r\nHost: " + a + "\r\n\r\n", host: a},
		{text: "GET /../../" + b + "/ HTTP/1.1\r\nHost: " + a + "\r\n\r\n", host: a},
		// Two hosts.
		{text: "GET / HTTP/1.1\r\nHost: " + a + "\r\nHost: " + b + "\r\n\r\n", status: http.StatusBadRequest},
		{text: "GET / HTTP/1.1\r\nHost: " + a + "\r\nHost: " + a + "\r\n\r\n", status: http.StatusBadRequest},
		{text: "GET / HTTP/1.1\r\nHost: " + a + "\r\n " + b + "\r\n\r\n"},
		named(a+", "+b, ""), named(a+" "+b, ""), named(a+";"+b, ""), named(a+"\t"+b, ""), named(a+"@"+b, ""), named(a+"/"+b, ""),
		named(a+"\\"+b, ""), named(a+"#"+b, ""), named(a+"?"+b, ""), named(a+"%00"+b, ""), named(a+"\x00"+b, ""), named(a+"\r"+b, ""),
		// No host.
		named("", ""),
		{text: "GET / HTTP/1.1\r\n\r\n", status: http.StatusBadRequest},
		{text: "GET / HTTP/1.0\r\n\r\n"},
		{text: "GET / HTTP/1.1\r\nHost : " + a + "\r\n\r\n", status: http.StatusBadRequest},
		named(a+":http", ""), named(a+":-1", ""), named(a+"..", ""), named("."+a, ""), named("-"+a, ""),
		// IP addresses.
		named("127.0.0.1", ""), named("127.0.0.1:8080", ""), named("[::1]", ""), named("[::ffff:127.0.0.1]:80", ""),
		named("2130706433", ""), named("0x7f000001", ""), named("127.1", ""),
		// Similar hosts, and names of the database.
		named("www."+a, ""), named("x"+a, ""), named(a+"."+b, ""), named(parent+".", ""), named("*."+parent, ""), named(label, ""),
		named("public", ""), named(strings.ReplaceAll(label, "-", "_")+"."+parent+"_", ""), named("%"+a, ""), named("'"+a, ""), named(`"`+a+`"`, ""),
		// Longer than a host name, or than a header, may be.
		named(strings.Repeat("a", 64)+"."+a, ""), named(strings.Repeat("a.", 120)+a, ""), named(strings.Repeat("a", 5000)+"."+a, ""),
		{text: "GET / HTTP/1.1\r\nHost: " + strings.Repeat("a", 1<<15) + "." + a + "\r\n\r\n", severed: true},
	}
}

// fullWidth converts ASCII letters and digits to their full-width forms.
func fullWidth(s string) string {
	return strings.Map(func(c rune) rune {
		if c == '-' {
			return c
		}
		return c - '!' + '！'
	}, s)
}

// connection reuses a connection until the server closes it.
type connection struct {
	address string
	conn    net.Conn
	reader  *bufio.Reader
	body    bytes.Buffer
}

// answerTimeout bounds the responses to one batch of requests.
const answerTimeout = time.Minute

// errSevered is returned if the server breaks the connection.
var errSevered = errors.New("the server broke the connection")

// send pipelines requests, and calls see with each response in order. The body is valid until see returns. The server may
// close the connection after a response, which leaves the remaining requests unanswered.
func (c *connection) send(requests []request, see func(request, *http.Response, []byte) error) error {
	if c.conn == nil {
		conn, err := net.Dial("tcp", c.address)
		if err != nil {
			return fmt.Errorf("connect to %s: %w", c.address, err)
		}
		c.conn, c.reader = conn, bufio.NewReader(conn)
	}
	if err := c.conn.SetDeadline(time.Now().Add(answerTimeout)); err != nil {
		return fmt.Errorf("set a deadline: %w", err)
	}
	var batch strings.Builder
	for _, r := range requests {
		batch.WriteString(r.text)
	}
	_, writeErr := io.WriteString(c.conn, batch.String())
	for _, r := range requests {
		method := http.MethodGet
		if r.head {
			method = http.MethodHead
		}
		response, err := http.ReadResponse(c.reader, &http.Request{Method: method})
		if err == nil {
			c.body.Reset()
			_, err = c.body.ReadFrom(response.Body)
		}
		if err != nil {
			c.close()
			if r.severed {
				return nil
			}
			return fmt.Errorf("%w: %w", errSevered, errors.Join(writeErr, err))
		}
		if err := see(r, response, c.body.Bytes()); err != nil {
			return err
		}
		if response.Close {
			c.close()
			return nil
		}
	}
	return nil
}

func (c *connection) close() {
	if c.conn != nil {
		c.conn.Close()
		c.conn = nil
	}
}

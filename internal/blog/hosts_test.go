package blog_test

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
)

func TestHostForms(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	alice := spec("alice")
	alice.CustomHosts = []string{"xn--bcher-kva.example", "www.alice.org"}
	p.create(alice)
	known := map[string]string{
		"primary":       "alice.example.com",
		"custom":        "www.alice.org",
		"port":          "alice.example.com:8000",
		"upper case":    "ALICE.Example.COM",
		"trailing dot":  "alice.example.com.",
		"all of these":  "Alice.Example.com.:8000",
		"punycode":      "xn--bcher-kva.example",
		"international": "bücher.example",
		"capital puny":  "XN--BCHER-KVA.example",
	}
	for name, host := range known {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p.get(host, "/").want(t, http.StatusOK, "alice", `<link rel="canonical" href="http://alice.example.com:8000/">`)
		})
	}
	unknown := map[string]struct{ host, want string }{
		"another":            {"bob.example.com", "no blog has the host name bob.example.com."},
		"below":              {"www.alice.example.com", "no blog has the host name www.alice.example.com."},
		"above":              {"example.com", "no blog has the host name"},
		"upper case":         {"BOB.example.com:8000", "no blog has the host name bob.example.com."},
		"longest":            {strings.Repeat("a.", 126) + "a", "no blog has the host name"},
		"beyond the longest": {strings.Repeat("a.", 200) + "a", "Blogs are found by their host names"},
		"IPv4":               {"127.0.0.1:8000", "Blogs are found by their host names"},
		"IPv6":               {"[::1]:8000", "Blogs are found by their host names"},
		"port that is none":  {"alice.example.com:http", "Blogs are found by their host names"},
		"underscore":         {"ali_ce.example.com", "Blogs are found by their host names"},
	}
	for name, test := range unknown {
		t.Run("unknown "+name, func(t *testing.T) {
			t.Parallel()
			p.get(test.host, "/").want(t, http.StatusNotFound, "", "There is no blog at this address", test.want)
		})
	}
	t.Run("empty", func(t *testing.T) {
		t.Parallel()
		if status := p.raw("GET / HTTP/1.1\r\nHost:\r\nConnection: close\r\n\r\n"); !strings.Contains(status, " 404 ") {
			t.Errorf("an empty Host: %s", status)
		}
	})
	t.Run("none", func(t *testing.T) {
		t.Parallel()
		if status := p.raw("GET / HTTP/1.0\r\n\r\n"); !strings.Contains(status, " 404 ") {
			t.Errorf("no Host: %s", status)
		}
	})
}

// raw sends a request as it is and returns the status line.
func (p *platform) raw(request string) string {
	p.t.Helper()
	connection, err := net.Dial("tcp", p.address)
	if err != nil {
		p.t.Fatal(err)
	}
	defer connection.Close()
	fmt.Fprint(connection, request)
	line, err := bufio.NewReader(connection).ReadString('\n')
	if err != nil {
		p.t.Fatal(err)
	}
	return line
}

func TestUnknownHostTellsWhatToCheck(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	for _, path := range []string{"/", "/page/2/", "/a-post/", "/feed.xml", "/robots.txt", "/a/b/c"} {
		p.get("typo.example.com", path).want(t, http.StatusNotFound, "", "no blog has the host name typo.example.com.", "Check the spelling")
	}
	p.get("typo.example.com", "/healthz").want(t, http.StatusOK, "", "runs")
	p.get("127.0.0.1", "/readyz").want(t, http.StatusOK, "", "Ready")
}

package site_test

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/echoblogs/echoblogs/test/testkit/blogtest"
)

func TestHostForms(t *testing.T) {
	t.Parallel()
	p := blogtest.New(t)
	alice := blogtest.Spec("alice")
	alice.CustomHosts = []string{"xn--bcher-kva.example", "www.alice.org"}
	p.Create(alice)
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
			p.Get(host, "/").Want(t, http.StatusOK, "alice", `<link rel="canonical" href="http://alice.example.com:8000/">`)
		})
	}
	unknown := map[string]struct{ host, want string }{
		"another":            {"bob.example.com", "No blog has the host name bob.example.com."},
		"below":              {"www.alice.example.com", "No blog has the host name www.alice.example.com."},
		"above":              {"example.com", "No blog has the host name "},
		"upper case":         {"BOB.example.com:8000", "No blog has the host name bob.example.com."},
		"longest":            {strings.Repeat("a.", 126) + "a", "No blog has the host name "},
		"beyond the longest": {strings.Repeat("a.", 200) + "a", "This is not a valid host name."},
		"IPv4":               {"127.0.0.1:8000", "This is not a valid host name."},
		"IPv6":               {"[::1]:8000", "This is not a valid host name."},
		"invalid port":       {"alice.example.com:http", "This is not a valid host name."},
		"underscore":         {"ali_ce.example.com", "This is not a valid host name."},
	}
	for name, test := range unknown {
		t.Run("unknown "+name, func(t *testing.T) {
			t.Parallel()
			p.Get(test.host, "/").Want(t, http.StatusNotFound, "", "There is no blog at this address", test.want)
		})
	}
	t.Run("empty", func(t *testing.T) {
		t.Parallel()
		if status := raw(p, "GET / HTTP/1.1\r\nHost:\r\nConnection: close\r\n\r\n"); !strings.Contains(status, " 404 ") {
			t.Errorf("an empty Host: %s", status)
		}
	})
	t.Run("none", func(t *testing.T) {
		t.Parallel()
		if status := raw(p, "GET / HTTP/1.0\r\n\r\n"); !strings.Contains(status, " 404 ") {
			t.Errorf("no Host: %s", status)
		}
	})
}

// raw sends a raw request and returns the status line.
func raw(p *blogtest.Platform, request string) string {
	p.T.Helper()
	connection, err := net.Dial("tcp", p.Address)
	if err != nil {
		p.T.Fatal(err)
	}
	defer connection.Close()
	fmt.Fprint(connection, request)
	line, err := bufio.NewReader(connection).ReadString('\n')
	if err != nil {
		p.T.Fatal(err)
	}
	return line
}

func TestUnknownHost(t *testing.T) {
	t.Parallel()
	p := blogtest.New(t)
	for _, path := range []string{"/", "/page/2/", "/a-post/", "/feed.xml", "/robots.txt", "/a/b/c"} {
		p.Get("typo.example.com", path).Want(t, http.StatusNotFound, "", "No blog has the host name typo.example.com.", "Check the spelling")
	}
	p.Get("typo.example.com", "/healthz").Want(t, http.StatusOK, "", "The server is running.")
	p.Get("127.0.0.1", "/readyz").Want(t, http.StatusOK, "", "Ready.")
}

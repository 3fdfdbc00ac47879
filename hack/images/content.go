package main

import (
	"encoding/pem"

	"golang.org/x/crypto/x509roots/fallback/bundle"

	"github.com/echoblogs/echoblogs/hack/images/archive"
)

// user is the user of the images, in numbers, because Kubernetes cannot verify runAsNonRoot for a name. It is the ID that
// distroless images use.
const user = "65532:65532"

// passwd and group have names for the user of the images, for programs that look up their own.
const (
	passwd = "root:x:0:0:root:/:/sbin/nologin\nnonroot:x:65532:65532:nonroot:/:/sbin/nologin\n"
	group  = "root:x:0:\nnonroot:x:65532:\n"
)

// descriptions describe the programs, as the Dockerfile does.
var descriptions = map[string]string{
	"operator": "Kubernetes operator that runs tenants with a PostgreSQL schema each",
	"blog":     "Server of all blogs, which finds the tenant of a request by its host name",
	"portal":   "Public site, where people sign up and manage their blogs",
}

// image returns the image of a compiled program. The Dockerfile states the same user, entry point, command and labels; a
// test compares the two.
func image(program, binary, architecture string, release release) archive.Image {
	return archive.Image{
		Architecture: architecture,
		Programs:     map[string]string{"/" + program: binary},
		Files: map[string][]byte{
			"/etc/passwd":                        []byte(passwd),
			"/etc/group":                         []byte(group),
			"/etc/ssl/certs/ca-certificates.crt": certificates(),
		},
		Entrypoint: []string{"/" + program},
		Command:    []string{"run"},
		User:       user,
		Labels: map[string]string{
			"org.opencontainers.image.title":       "EchoBlogs " + program,
			"org.opencontainers.image.description": descriptions[program],
			"org.opencontainers.image.licenses":    "Apache-2.0",
			"org.opencontainers.image.source":      "https://github.com/echoblogs/echoblogs",
			"org.opencontainers.image.version":     release.version,
			"org.opencontainers.image.revision":    release.revision,
		},
	}
}

// certificates returns the certificate authorities that Mozilla trusts, from a module: those of this machine or of a base
// image would make the images depend on when and where they are built.
func certificates() []byte {
	var content []byte
	for root := range bundle.Roots() {
		content = append(content, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: root.Certificate})...)
	}
	return content
}

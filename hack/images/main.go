// Command images builds the images of the operator, the blog and the public site as OCI archives, without a container
// engine. Run it with `make images`, from the root of the repository.
package main

import (
	"context"
	"encoding/pem"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"

	"golang.org/x/crypto/x509roots/fallback/bundle"

	"github.com/echoblogs/echoblogs/hack/images/archive"
)

// accounts are the users in the images, for programs that look up their own. The ID is the one that distroless images
// use.
const (
	user   = "65532:65532"
	passwd = "root:x:0:0:root:/:/sbin/nologin\nnonroot:x:65532:65532:nonroot:/:/sbin/nologin\n"
	group  = "root:x:0:\nnonroot:x:65532:\n"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "images:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	output := flag.String("output", "bin/images", "the folder of the archives, NAME.tar")
	architectures := flag.String("architectures", runtime.GOARCH, "the architectures, separated by commas, such as amd64,arm64")
	flag.Usage = func() {
		fmt.Fprintln(flag.CommandLine.Output(), "Usage: images [--output FOLDER] [--architectures LIST] PROGRAM=IMAGE...\n\n"+
			"Builds cmd/PROGRAM as the image IMAGE, such as blog=echoblogs-blog:dev, into FOLDER/PROGRAM.tar.")
		flag.PrintDefaults()
	}
	flag.Parse()
	if _, err := os.Stat("cmd/operator"); err != nil {
		return fmt.Errorf("run it from the root of the repository: %w", err)
	}
	if err := os.MkdirAll(*output, 0o755); err != nil {
		return fmt.Errorf("create the folder of the archives: %w", err)
	}
	names, programs := make(map[string]string), []string{}
	for _, argument := range flag.Args() {
		program, name, ok := strings.Cut(argument, "=")
		if !ok {
			return fmt.Errorf("%s is not of the form PROGRAM=IMAGE", argument)
		}
		names[program] = qualified(name)
		programs = append(programs, program)
	}
	work, err := os.MkdirTemp("", "echoblogs-images-")
	if err != nil {
		return fmt.Errorf("create a folder: %w", err)
	}
	defer os.RemoveAll(work)
	images, err := build(ctx, work, programs, strings.Split(*architectures, ","))
	if err != nil {
		return err
	}
	for _, program := range programs {
		file := filepath.Join(*output, program+".tar")
		digest, err := archive.Write(file, names[program], images[program]...)
		if err != nil {
			return err
		}
		fmt.Printf("%s %s %s\n", file, names[program], digest)
	}
	return nil
}

// build compiles the programs for each architecture, and returns the images of each program.
func build(ctx context.Context, work string, programs, architectures []string) (map[string][]archive.Image, error) {
	images := make(map[string][]archive.Image)
	authorities := certificates()
	for _, architecture := range architectures {
		folder := filepath.Join(work, architecture)
		arguments := []string{"build", "-trimpath", "-buildvcs=false", "-ldflags=-s -w", "-o", folder + "/"}
		for _, program := range programs {
			arguments = append(arguments, "./cmd/"+program)
		}
		compile := exec.CommandContext(ctx, "go", arguments...)
		compile.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH="+architecture)
		compile.Stderr = os.Stderr
		if err := compile.Run(); err != nil {
			return nil, fmt.Errorf("build the programs for %s: %w", architecture, err)
		}
		for _, program := range programs {
			images[program] = append(images[program], archive.Image{
				Architecture: architecture,
				Programs:     map[string]string{"/" + program: filepath.Join(folder, program)},
				Files: map[string][]byte{
					"/etc/passwd":                        []byte(passwd),
					"/etc/group":                         []byte(group),
					"/etc/ssl/certs/ca-certificates.crt": authorities,
				},
				Entrypoint: []string{"/" + program},
				Command:    []string{"run"},
				User:       user,
			})
		}
	}
	return images, nil
}

// certificates returns the certificate authorities that Mozilla trusts, from a module: those of this machine would make
// the images depend on it.
func certificates() []byte {
	var content []byte
	for root := range bundle.Roots() {
		content = append(content, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: root.Certificate})...)
	}
	return content
}

// qualified returns a name with a registry, as container engines complete it.
func qualified(name string) string {
	first, _, hasPath := strings.Cut(name, "/")
	switch {
	case !hasPath:
		return "docker.io/library/" + name
	case strings.ContainsAny(first, ".:") || first == "localhost":
		return name
	default:
		return "docker.io/" + name
	}
}

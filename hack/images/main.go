// Command images builds the images of the operator, the blog and the public site as OCI archives, without a container
// engine. Run it with `make images`, from the root of the repository. The Dockerfile runs it with --folders, so that both
// have the same content.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"

	"github.com/echoblogs/echoblogs/hack/images/archive"
)

// release identifies what the programs are built from.
type release struct {
	// version is such as v1.2.3, and revision the commit.
	version, revision string
}

// linkerFlags returns the flags that remove what only debuggers need, and set what the programs' command version prints.
func (r release) linkerFlags() string {
	const variables = " -X github.com/echoblogs/echoblogs/internal/version."
	return "-s -w" + variables + "version=" + r.version + variables + "revision=" + r.revision
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "images:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	var release release
	output := flag.String("output", "bin/images", "the folder to write to")
	folders := flag.Bool("folders", false, "write the files of each image into the folder OUTPUT/PROGRAM instead of an archive, for one architecture")
	architectures := flag.String("architectures", runtime.GOARCH, "the architectures, separated by commas, such as amd64,arm64")
	flag.StringVar(&release.version, "version", "dev", "the version of the programs")
	flag.StringVar(&release.revision, "revision", "unknown", "the commit of the programs")
	flag.Usage = func() {
		fmt.Fprintln(flag.CommandLine.Output(), "Usage: images [FLAG...] PROGRAM=IMAGE...\n       images --folders [FLAG...] PROGRAM...\n\n"+
			"Builds cmd/PROGRAM as the image IMAGE, such as blog=echoblogs-blog:dev, into OUTPUT/PROGRAM.tar.")
		flag.PrintDefaults()
	}
	flag.Parse()
	if _, err := os.Stat("cmd/operator"); err != nil {
		return fmt.Errorf("run it from the root of the repository: %w", err)
	}
	if err := os.MkdirAll(*output, 0o755); err != nil {
		return fmt.Errorf("create the folder of the images: %w", err)
	}
	names, programs := make(map[string]string), []string{}
	for _, argument := range flag.Args() {
		program, name, ok := strings.Cut(argument, "=")
		if !ok && !*folders {
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
	images, err := build(ctx, work, programs, strings.Split(*architectures, ","), release)
	if err != nil {
		return err
	}
	if *folders {
		return writeFolders(*output, programs, images)
	}
	return writeArchives(*output, programs, names, images)
}

// build compiles the programs for each architecture, and returns the images of each program.
func build(ctx context.Context, work string, programs, architectures []string, release release) (map[string][]archive.Image, error) {
	images := make(map[string][]archive.Image)
	for _, architecture := range architectures {
		folder := filepath.Join(work, architecture)
		arguments := []string{"build", "-trimpath", "-buildvcs=false", "-ldflags=" + release.linkerFlags(), "-o", folder + "/"}
		for _, program := range programs {
			arguments = append(arguments, "./cmd/"+program)
		}
		fmt.Fprintf(os.Stderr, "Compiling %s for %s\n", strings.Join(programs, ", "), architecture)
		compile := exec.CommandContext(ctx, "go", arguments...)
		compile.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH="+architecture)
		compile.Stderr = os.Stderr
		if err := compile.Run(); err != nil {
			return nil, fmt.Errorf("build the programs for %s: %w", architecture, err)
		}
		for _, program := range programs {
			images[program] = append(images[program], image(program, filepath.Join(folder, program), architecture, release))
		}
	}
	return images, nil
}

// writeArchives writes an archive for each program, and prints its digest.
func writeArchives(output string, programs []string, names map[string]string, images map[string][]archive.Image) error {
	for _, program := range programs {
		file := filepath.Join(output, program+".tar")
		digest, err := archive.Write(file, names[program], images[program]...)
		if err != nil {
			return err
		}
		fmt.Printf("%s %s %s\n", file, names[program], digest)
	}
	return nil
}

// writeFolders writes the files of each program's image into a folder.
func writeFolders(output string, programs []string, images map[string][]archive.Image) error {
	for _, program := range programs {
		if len(images[program]) != 1 {
			return fmt.Errorf("a folder has the files of one architecture, not of %d", len(images[program]))
		}
		if err := images[program][0].WriteFolder(filepath.Join(output, program)); err != nil {
			return err
		}
	}
	return nil
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

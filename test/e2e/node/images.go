package node

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"

	"github.com/echoblogs/echoblogs/hack/images/archive"
	"github.com/echoblogs/echoblogs/test/e2e/node/internal/components"
	"github.com/echoblogs/echoblogs/test/e2e/node/internal/programs"
	"github.com/echoblogs/echoblogs/test/testkit/repository"
)

// partImage returns the name of the image of a program of the node itself, as in its manifest.
func partImage(program string) string { return "node.test/" + program + ":1" }

// imageUser is the user of the images of BuildImage: a restricted pod needs one that is not root.
const imageUser = "65532:65532"

// BuildImage compiles a Go program, which is a package of this module such as ./echo, and writes an image with it as
// entrypoint into the folder to. It returns the file of the archive, for Import. The image runs as a user without
// privileges.
func BuildImage(ctx context.Context, to, name, program string) (string, error) {
	root, err := repository.Root()
	if err != nil {
		return "", err
	}
	binary := filepath.Join(to, filepath.Base(program))
	build := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags=-s -w", "-o", binary, program)
	build.Dir = filepath.Join(root, "test", "e2e")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if output, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build %s: %w\n%s", program, err, output)
	}
	return binary + ".tar", writeImage(binary+".tar", name, binary)
}

// BuildProductImages builds the images of the product from the source in the folder root as make images does, into the
// folder to, and returns the files of the archives, for Import. Their names are echoblogs-operator, echoblogs-blog and
// echoblogs-portal, with the tag.
func BuildProductImages(ctx context.Context, root, tag, to string) ([]string, error) {
	builder := filepath.Join(to, "images")
	build := exec.CommandContext(ctx, "go", "build", "-trimpath", "-o", builder, ".")
	build.Dir = filepath.Join(root, "hack", "images")
	if output, err := build.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("build the builder of the images: %w\n%s", err, output)
	}
	arguments := []string{"--output=" + to, "--version=" + tag}
	var archives []string
	for _, program := range []string{"operator", "blog", "portal"} {
		arguments = append(arguments, program+"=echoblogs-"+program+":"+tag)
		archives = append(archives, filepath.Join(to, program+".tar"))
	}
	images := exec.CommandContext(ctx, builder, arguments...)
	images.Dir = root
	if output, err := images.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("build the images of the product: %w\n%s", err, output)
	}
	return archives, nil
}

// writeImage writes an image with one program.
func writeImage(file, name, program string) error {
	entrypoint := "/" + filepath.Base(program)
	_, err := archive.Write(file, name, archive.Image{
		Architecture: runtime.GOARCH,
		Programs:     map[string]string{entrypoint: program},
		Entrypoint:   []string{entrypoint},
		User:         imageUser,
	})
	return err
}

// buildImages returns the archives of the node's own images, which are kept for this machine.
func (n *Node) buildImages(ctx context.Context) ([]string, error) {
	folder := n.programs.Images
	var archives []string
	for _, part := range n.parts() {
		for _, program := range part.deployments {
			file := filepath.Join(folder, program+"-"+programs.Version(program)+".tar")
			if _, err := os.Stat(file); errors.Is(err, fs.ErrNotExist) {
				n.options.Progress("Creating the image of " + program)
				if err := writeImage(file, partImage(program), n.programs.Path(program)); err != nil {
					return nil, err
				}
			}
			archives = append(archives, file)
		}
	}
	pause, err := BuildImage(ctx, folder, components.PauseImage, "./node/pause")
	if err != nil {
		return nil, err
	}
	return append(archives, pause), nil
}

// Import imports image archives, such as those of make images. Pods can use the images with any pull policy but Always.
func (n *Node) Import(ctx context.Context, archives ...string) error {
	failures := make(chan error, len(archives))
	for _, file := range archives {
		go func() { failures <- n.importArchive(ctx, file) }()
	}
	var failure error
	for range archives {
		failure = errors.Join(failure, <-failures)
	}
	return failure
}

func (n *Node) importArchive(ctx context.Context, file string) error {
	absolute, err := filepath.Abs(file)
	if err != nil {
		return fmt.Errorf("import the image %s: %w", file, err)
	}
	if _, err := n.Run(ctx, "ctr", "--namespace=k8s.io", "images", "import", absolute); err != nil {
		return fmt.Errorf("import the image %s: %w", file, err)
	}
	return nil
}

package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// kubectl is the same program that the user gets, with the administrator's kubeconfig.
type kubectl struct {
	folder     string // of the program and its plugins
	kubeconfig string
}

// run runs kubectl with an input, and returns its output.
func (k kubectl) run(ctx context.Context, input string, arguments ...string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, 3*time.Minute)
	defer cancel()
	command := exec.CommandContext(ctx, filepath.Join(k.folder, "kubectl"), arguments...)
	command.Env = append(os.Environ(), "KUBECONFIG="+k.kubeconfig, "PATH="+k.folder+":"+os.Getenv("PATH"))
	command.Stdin = strings.NewReader(input)
	var errors bytes.Buffer
	command.Stderr = &errors
	output, err := command.Output()
	if err != nil {
		return "", fmt.Errorf("kubectl %s: %w: %s", strings.Join(arguments, " "), err, strings.TrimSpace(errors.String()))
	}
	return string(output), nil
}

// apply applies a manifest by server-side apply.
func (k kubectl) apply(ctx context.Context, manifest string) error {
	_, err := k.run(ctx, manifest, "apply", "--server-side", "--force-conflicts", "--field-manager=echoblogs-demo", "--filename=-")
	return err
}

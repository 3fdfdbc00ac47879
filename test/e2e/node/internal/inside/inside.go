// Package inside is what runs in the sandbox of a node. A program that imports it, and runs itself under one of the names
// of package sandbox, does that instead of its own work: so a test needs no other program to start a node.
package inside

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"

	"golang.org/x/sys/unix"

	"github.com/echoblogs/echoblogs/test/e2e/node/internal/components"
	"github.com/echoblogs/echoblogs/test/e2e/node/internal/control"
	"github.com/echoblogs/echoblogs/test/e2e/node/internal/programs"
	"github.com/echoblogs/echoblogs/test/e2e/node/internal/sandbox"
)

func init() {
	switch os.Args[0] {
	case sandbox.InitName:
		os.Exit(sandbox.Init(os.Args[1]))
	case sandbox.SupervisorName:
		if err := supervise(os.Args[1]); err != nil {
			report(Message{Failure: err.Error()})
			os.Exit(1)
		}
		os.Exit(0)
	}
}

// Message is a line that the supervisor writes, as JSON. It has one field.
type Message struct {
	Progress string `json:"progress,omitempty"`
	// Ready is written once, when everything has started, unless Failure is.
	Ready   bool   `json:"ready,omitempty"`
	Failure string `json:"failure,omitempty"`
}

// ProgramsFile returns the file with the folders of the programs.
func ProgramsFile(state string) string { return filepath.Join(state, "programs.json") }

// supervise starts the node, and does what requests ask for until the standard input ends, which is when the program
// that has started it does.
func supervise(state string) error {
	ctx := context.Background()
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin) // any end is one
		os.Exit(0)
	}()
	folders, err := prepare(state)
	if err != nil {
		return err
	}
	node := components.New(state, folders, func(text string) { report(Message{Progress: text}) })
	if err := node.StartAll(ctx); err != nil {
		return err
	}
	server := &control.Server{State: state, Address: components.Address, StartProgram: node.Start, StopProgram: node.Stop}
	listener, err := server.Listen(ctx)
	if err != nil {
		return err
	}
	report(Message{Ready: true})
	return server.Serve(ctx, listener)
}

// prepare sets up the namespaces, and the environment of the programs.
func prepare(state string) (programs.Folders, error) {
	var folders programs.Folders
	content, err := os.ReadFile(ProgramsFile(state))
	if err != nil {
		return folders, fmt.Errorf("read the folders of the programs: %w", err)
	}
	if err := json.Unmarshal(content, &folders); err != nil {
		return folders, fmt.Errorf("read the folders of the programs: %w", err)
	}
	if err := unix.Sethostname([]byte(components.NodeName)); err != nil {
		return folders, fmt.Errorf("set the host name: %w", err)
	}
	if err := sandbox.PrepareMounts(state); err != nil {
		return folders, err
	}
	temporary := filepath.Join(state, "tmp")
	return folders, errors.Join(
		os.MkdirAll(temporary, 0o777),
		os.Setenv("TMPDIR", temporary),
		os.Setenv("PATH", folders.SearchPath()),
	)
}

var reporting sync.Mutex

// report writes a message. It cannot fail while the program that reads it runs.
func report(message Message) {
	reporting.Lock()
	defer reporting.Unlock()
	line, err := json.Marshal(message)
	if err != nil {
		panic(err) // a struct of strings can be encoded
	}
	_, _ = os.Stdout.Write(append(line, '\n'))
}

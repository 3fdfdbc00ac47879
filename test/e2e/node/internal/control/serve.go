package control

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os/exec"
	"time"
)

// runTimeout bounds a command. The import of a large image takes seconds.
const runTimeout = 5 * time.Minute

// Server does in the sandbox what requests ask for.
type Server struct {
	// State is the folder of the sockets.
	State string
	// Address is that of the node in its network, on which exposed ports listen.
	Address string
	// StartProgram and StopProgram start and stop a program of the node.
	StartProgram, StopProgram func(context.Context, string) error
}

// Listen opens the socket for requests.
func (s *Server) Listen(ctx context.Context) (net.Listener, error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "unix", NodeSocket(s.State))
	if err != nil {
		return nil, fmt.Errorf("listen for requests: %w", err)
	}
	context.AfterFunc(ctx, func() { listener.Close() })
	return listener, nil
}

// Serve accepts requests until ctx ends.
func (s *Server) Serve(ctx context.Context, listener net.Listener) error {
	for {
		connection, err := listener.Accept()
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			return fmt.Errorf("accept a request: %w", err)
		}
		go s.handle(ctx, connection)
	}
}

// handle does what one request asks for.
func (s *Server) handle(ctx context.Context, connection net.Conn) {
	var request Request
	if err := read(connection, &request); err != nil {
		connection.Close()
		return
	}
	if request.Do == "dial" {
		dialAndJoin(connection, request.Address)
		return
	}
	defer connection.Close()
	var response Response
	var err error
	switch request.Do {
	case "expose":
		err = s.expose(ctx, request)
	case "run":
		response.Output, err = run(ctx, request)
	case "start":
		err = s.StartProgram(ctx, request.Program)
	case "stop":
		err = s.StopProgram(ctx, request.Program)
	default:
		err = fmt.Errorf("unknown request %s", request.Do)
	}
	if err != nil {
		response.Error = err.Error()
	}
	_ = write(connection, response) // it fails only if the test has disconnected
}

// expose listens on a port of the node until ctx ends, and forwards to an address of the machine.
func (s *Server) expose(ctx context.Context, request Request) error {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", net.JoinHostPort(s.Address, request.Port))
	if err != nil {
		return fmt.Errorf("listen on a port of the node: %w", err)
	}
	context.AfterFunc(ctx, func() { listener.Close() })
	go Forward(listener, func(ctx context.Context) (net.Conn, error) {
		connection, _, err := send(ctx, testSocket(s.State), Request{Do: "dial", Address: request.Address})
		return connection, err
	})
	return nil
}

// run runs a command in the namespaces of the node, and returns its output.
func run(ctx context.Context, request Request) ([]byte, error) {
	if len(request.Arguments) == 0 {
		return nil, fmt.Errorf("run needs a command")
	}
	ctx, cancel := context.WithTimeout(ctx, runTimeout)
	defer cancel()
	command := exec.CommandContext(ctx, request.Arguments[0], request.Arguments[1:]...)
	command.Stdin = bytes.NewReader(request.Input)
	command.WaitDelay = time.Second
	output, err := command.CombinedOutput()
	if err != nil {
		return output, fmt.Errorf("%s: %w\n%s", request.Arguments[0], err, output)
	}
	return output, nil
}

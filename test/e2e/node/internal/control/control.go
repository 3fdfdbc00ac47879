// Package control connects a test with the node in its sandbox, by Unix sockets in the folder of the state: both see the
// same files, but not the same network.
package control

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"time"
)

// Request is a command to the node.
type Request struct {
	// Do is dial, expose, run, start or stop.
	Do string `json:"do"`
	// Address is the one to connect to: in the network of the node for dial, in that of the test for expose.
	Address string `json:"address,omitempty"`
	// Port is the port of the node to listen on, for expose.
	Port string `json:"port,omitempty"`
	// Arguments are a command line, for run.
	Arguments []string `json:"arguments,omitempty"`
	// Input is the standard input, for run.
	Input []byte `json:"input,omitempty"`
	// Program is the name of the program to start or stop.
	Program string `json:"program,omitempty"`
}

// Response is the node's answer. After one to dial, the connection is one to the address.
type Response struct {
	Error  string `json:"error,omitempty"`
	Output []byte `json:"output,omitempty"`
}

// NodeSocket returns the socket on which the node accepts requests.
func NodeSocket(state string) string { return filepath.Join(state, "node.sock") }

// testSocket returns the socket on which the test accepts connections of the node to addresses of the machine.
func testSocket(state string) string { return filepath.Join(state, "test.sock") }

// Do sends a request and returns the output of the response.
func Do(ctx context.Context, state string, request Request) ([]byte, error) {
	connection, output, err := send(ctx, NodeSocket(state), request)
	if err != nil {
		return output, err
	}
	return output, connection.Close()
}

// Dial returns a connection to an address in the network of the node.
func Dial(ctx context.Context, state, address string) (net.Conn, error) {
	connection, _, err := send(ctx, NodeSocket(state), Request{Do: "dial", Address: address})
	return connection, err
}

// send returns the connection after the response.
func send(ctx context.Context, socket string, request Request) (net.Conn, []byte, error) {
	connection, err := new(net.Dialer).DialContext(ctx, "unix", socket)
	if err != nil {
		return nil, nil, fmt.Errorf("connect to the node: %w", err)
	}
	var response Response
	stop := context.AfterFunc(ctx, func() { _ = connection.SetDeadline(time.Unix(1, 0)) })
	err = errors.Join(write(connection, request), read(connection, &response))
	if !stop() {
		err = errors.Join(ctx.Err(), err)
	}
	if err == nil && response.Error != "" {
		err = errors.New(response.Error)
	}
	if err != nil {
		connection.Close()
		return nil, response.Output, fmt.Errorf("%s: %w", request.Do, err)
	}
	return connection, response.Output, nil
}

// write writes a message as a line.
func write(connection net.Conn, message any) error {
	line, err := json.Marshal(message)
	if err != nil {
		return err
	}
	_, err = connection.Write(append(line, '\n'))
	return err
}

// maximumLine limits a message. Manifests and the output of commands are in one.
const maximumLine = 16 << 20

// read reads a message. It reads no byte after the line, because those may belong to a proxied connection.
func read(connection net.Conn, message any) error {
	var line []byte
	for one := make([]byte, 1); len(line) < maximumLine; {
		if _, err := io.ReadFull(connection, one); err != nil {
			return err
		}
		if one[0] == '\n' {
			return json.Unmarshal(line, message)
		}
		line = append(line, one[0])
	}
	return errors.New("the message is too long")
}

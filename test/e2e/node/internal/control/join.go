package control

import (
	"context"
	"io"
	"net"
	"sync"
	"time"
)

// dialTimeout bounds the connection to the other end of a proxied one.
const dialTimeout = 10 * time.Second

// Join copies between two connections until both directions have ended, and closes them.
func Join(a, b net.Conn) {
	var both sync.WaitGroup
	both.Go(func() { copyTo(a, b) })
	both.Go(func() { copyTo(b, a) })
	both.Wait()
	a.Close()
	b.Close()
}

func copyTo(to, from net.Conn) {
	_, err := io.Copy(to, from)
	half, ok := to.(interface{ CloseWrite() error })
	if err != nil || !ok || half.CloseWrite() != nil {
		// The other direction would wait for an end that does not come.
		to.Close()
		from.Close()
	}
}

// Forward accepts connections, and joins each with one that dial returns. It returns when the listener is closed.
func Forward(listener net.Listener, dial func(context.Context) (net.Conn, error)) {
	for {
		accepted, err := listener.Accept()
		if err != nil {
			return
		}
		go func() {
			ctx, cancel := context.WithTimeout(context.Background(), dialTimeout)
			defer cancel()
			other, err := dial(ctx)
			if err != nil {
				accepted.Close()
				return
			}
			Join(accepted, other)
		}()
	}
}

// ServeTest accepts connections of the node to addresses of the machine. Closing the returned listener ends it.
func ServeTest(ctx context.Context, state string) (net.Listener, error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "unix", testSocket(state))
	if err != nil {
		return nil, err
	}
	go func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			go proxy(connection)
		}
	}()
	return listener, nil
}

// proxy reads a request to dial, and does it.
func proxy(connection net.Conn) {
	var request Request
	if err := read(connection, &request); err != nil {
		connection.Close()
		return
	}
	dialAndJoin(connection, request.Address)
}

// dialAndJoin connects to an address, responds, and joins the connections.
func dialAndJoin(connection net.Conn, address string) {
	ctx, cancel := context.WithTimeout(context.Background(), dialTimeout)
	defer cancel()
	other, err := new(net.Dialer).DialContext(ctx, "tcp", address)
	if err != nil {
		_ = write(connection, Response{Error: err.Error()})
		connection.Close()
		return
	}
	if err := write(connection, Response{}); err != nil {
		connection.Close()
		other.Close()
		return
	}
	Join(connection, other)
}

// Package postgresserver runs a PostgreSQL server for the tests and the demo: it
// finds the programs, initializes a data folder, starts the server and stops it. It
// works as an ordinary user, and as root, when the server runs as another user.
// Linux only.
package postgresserver

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

// administrator is the role of the superuser.
const administrator = "postgres"

// Options configure a server.
type Options struct {
	// DataDir is the data folder. It is initialized if it does not exist. As root,
	// the data is elsewhere if the user of the server cannot reach the folder: see
	// the function DataDir.
	DataDir string
	// CopyOf is the start of the path of a data folder that new ones are copies of. It
	// is initialized, once for each user and installed version, if it does not exist. Defaults to
	// none: every server initializes its own.
	CopyOf string
	// Port is the TCP port on 127.0.0.1. Defaults to a free one.
	Port int
	// Settings are configuration parameters, such as max_connections.
	Settings map[string]string
	// LogFile is appended to with the output of the server. Defaults to server.log
	// in the data folder.
	LogFile string
	// StopWithProcess stops the server when this process ends for any reason.
	StopWithProcess bool
}

// Server is a running PostgreSQL server. It listens on 127.0.0.1 and on a Unix
// socket, and requires a password on both.
type Server struct {
	port      int
	password  string
	socketDir string
	dataDir   string
	process   *os.Process
	done      chan struct{} // closed when the server has ended
	ended     error         // how the server ended; set before done is closed
}

// startAttempts bounds how often Start tries another port because another program
// was faster to listen on it.
const startAttempts = 5

var errPortTaken = errors.New("the port is in use")

// Start returns when the server accepts connections. Its error quotes the log of
// the server.
func Start(ctx context.Context, options Options) (*Server, error) {
	binaries, err := FindBinaries(ctx)
	if err != nil {
		return nil, err
	}
	runAs, err := serverOwner()
	if err != nil {
		return nil, err
	}
	dataDir, err := DataDir(options.DataDir)
	if err != nil {
		return nil, err
	}
	password, err := initialize(ctx, binaries, dataDir, runAs, options)
	if err != nil {
		return nil, fmt.Errorf("initialize the database in %s: %w", dataDir, err)
	}
	for attempt := 1; ; attempt++ {
		server, err := start(ctx, binaries, dataDir, password, runAs, options)
		if errors.Is(err, errPortTaken) && options.Port == 0 && attempt < startAttempts {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("start the database in %s: %w", dataDir, err)
		}
		return server, nil
	}
}

func start(ctx context.Context, binaries, dataDir, password string, runAs owner, options Options) (*Server, error) {
	server := &Server{port: options.Port, password: password, dataDir: dataDir, done: make(chan struct{})}
	if server.port == 0 {
		port, err := freePort(ctx)
		if err != nil {
			return nil, err
		}
		server.port = port
	}
	server.socketDir = socketDir(dataDir)
	if err := runAs.ownFolder(server.socketDir); err != nil {
		return nil, fmt.Errorf("create the folder of the server's socket: %w", err)
	}

	logPath := options.LogFile
	if logPath == "" {
		logPath = filepath.Join(dataDir, "server.log")
	}
	log, err := os.OpenFile(logPath, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the server's log: %w", err)
	}
	defer log.Close()
	logStart, err := log.Seek(0, io.SeekEnd)
	if err != nil {
		return nil, fmt.Errorf("find the end of the server's log: %w", err)
	}

	//nolint:noctx // the server outlives the call that starts it
	command := exec.Command(filepath.Join(binaries, "postgres"), server.arguments(options.Settings)...)
	command.Dir = "/"
	command.Stdout, command.Stderr = log, log
	command.SysProcAttr = &syscall.SysProcAttr{
		Credential: runAs.credential,
		Setpgid:    true, // Ctrl-C at a terminal does not interrupt it: the caller stops it in order
	}
	if options.StopWithProcess {
		command.SysProcAttr.Pdeathsig = syscall.SIGINT
	}
	if err := server.run(command); err != nil {
		return nil, err
	}

	ready, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	if err := server.waitUntilReady(ready); err != nil {
		server.kill()
		said := readFrom(logPath, logStart)
		if strings.Contains(said, "Address already in use") {
			err = fmt.Errorf("%w: %w", errPortTaken, err)
		}
		return nil, fmt.Errorf("%w; its log (%s) ends with:\n%s", err, logPath, lastLines(said, 10))
	}
	return server, nil
}

// arguments returns the arguments of postgres.
func (s *Server) arguments(settings map[string]string) []string {
	arguments := []string{"-D", s.dataDir, "-p", strconv.Itoa(s.port), "-h", "127.0.0.1", "-k", s.socketDir}
	for _, name := range slices.Sorted(maps.Keys(settings)) {
		arguments = append(arguments, "-c", name+"="+settings[name])
	}
	return arguments
}

// run starts the process, and waits for its end in the background.
func (s *Server) run(command *exec.Cmd) error {
	started := make(chan error, 1)
	go func() {
		// The kernel sends the parent-death signal when the thread that started
		// the process ends, so that thread must live as long.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		if err := command.Start(); err != nil {
			started <- fmt.Errorf("run %s: %w", command.Path, err)
			return
		}
		s.process = command.Process
		started <- nil
		s.ended = command.Wait()
		close(s.done)
	}()
	return <-started
}

// waitUntilReady returns when the server accepts the administrator.
func (s *Server) waitUntilReady(ctx context.Context) error {
	retry := time.NewTicker(25 * time.Millisecond)
	defer retry.Stop()
	for {
		connection, err := pgx.Connect(ctx, s.URI(administrator))
		if err == nil {
			return connection.Close(ctx)
		}
		select {
		case <-s.done:
			return fmt.Errorf("the server ended during its start: %w", s.ended)
		case <-ctx.Done():
			return fmt.Errorf("the server was not ready in time: %w", err)
		case <-retry.C:
		}
	}
}

// URI returns the administrator's connection string to a database.
func (s *Server) URI(database string) string { return s.URIAs(database, administrator, s.password) }

// URIAs returns the connection string of a role to a database.
func (s *Server) URIAs(database, role, password string) string {
	uri := url.URL{
		Scheme:   "postgres",
		User:     url.UserPassword(role, password),
		Host:     net.JoinHostPort("127.0.0.1", strconv.Itoa(s.port)),
		Path:     "/" + database,
		RawQuery: "sslmode=disable",
	}
	return uri.String()
}

// PID returns the process ID of the postmaster.
func (s *Server) PID() int { return s.process.Pid }

// SocketDir returns the folder of the server's Unix socket.
func (s *Server) SocketDir() string { return s.socketDir }

// DataDir returns the data folder of the server.
func (s *Server) DataDir() string { return s.dataDir }

// Done returns a channel that is closed when the server has ended for any reason.
func (s *Server) Done() <-chan struct{} { return s.done }

// Stop closes all connections and stops the server. If ctx ends before, the server
// is ended immediately, and recovers at its next start.
func (s *Server) Stop(ctx context.Context) error {
	if err := s.process.Signal(syscall.SIGINT); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("stop the database: %w", err)
	}
	select {
	case <-s.done:
	case <-ctx.Done():
		s.kill()
		return fmt.Errorf("the database did not stop in time and was ended immediately: %w", ctx.Err())
	}
	if s.socketDir != s.dataDir {
		if err := os.RemoveAll(s.socketDir); err != nil {
			return fmt.Errorf("remove the folder of the server's socket: %w", err)
		}
	}
	return nil
}

// kill ends the server without a checkpoint. SIGQUIT, unlike SIGKILL, reaches
// the processes of its connections too.
func (s *Server) kill() {
	_ = s.process.Signal(syscall.SIGQUIT) // it fails only if the server has ended
	select {
	case <-s.done:
	case <-time.After(10 * time.Second):
		_ = s.process.Kill()
		<-s.done
	}
}

// socketDir returns the data folder, unless the path of a socket in it would be
// longer than the kernel allows (107 bytes).
func socketDir(dataDir string) string {
	if len(dataDir)+len("/.s.PGSQL.65535") <= 107 {
		return dataDir
	}
	return standIn(dataDir + "/socket")
}

// freePort returns a TCP port that is not in use.
func freePort(ctx context.Context) (int, error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return 0, fmt.Errorf("find a free port: %w", err)
	}
	defer listener.Close()
	return listener.Addr().(*net.TCPAddr).Port, nil
}

// readFrom returns a file's content from an offset on, or why it cannot be read.
func readFrom(path string, offset int64) string {
	content, err := os.ReadFile(path)
	if err != nil {
		return err.Error()
	}
	return string(content[min(offset, int64(len(content))):])
}

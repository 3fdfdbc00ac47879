package stack

import (
	"bytes"
	"context"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/echoblogs/echoblogs/test/testkit/controlplane"
	"github.com/echoblogs/echoblogs/test/testkit/postgresserver"
	"github.com/echoblogs/echoblogs/test/testkit/repository"
)

// Script is a script of an administrator. The programs, kubectl and those of PostgreSQL are in its PATH, psql connects to the
// database server as its superuser, and NAMESPACE, DATABASE and DATABASE_URI are set.
type Script struct {
	// Commands run in bash, in the folder of the repository. The first one that fails ends the script.
	Commands string
	// Environment is added to that of the script, as KEY=VALUE.
	Environment []string
	// AsServer runs the script as the user of the database server. By default it is the user of the test.
	AsServer bool
}

// RunScript runs a script, and returns its output. The error contains what it printed to stderr.
func (p *Platform) RunScript(ctx context.Context, s Script) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, commandTimeout)
	defer cancel()
	environment, err := p.scriptEnvironment(ctx)
	if err != nil {
		return "", err
	}
	command := exec.CommandContext(ctx, "bash", "-euo", "pipefail", "-c", s.Commands)
	command.Env = append(environment, s.Environment...)
	if command.Dir, err = repository.Root(); err != nil {
		return "", err
	}
	if s.AsServer {
		user, err := postgresserver.Credential()
		if err != nil {
			return "", fmt.Errorf("find the user of the database server: %w", err)
		}
		command.Dir, command.SysProcAttr = "/", &syscall.SysProcAttr{Credential: user}
	}
	var complaints bytes.Buffer
	command.Stderr = &complaints
	printed, err := command.Output()
	if err != nil {
		err = fmt.Errorf("%w: %s", err, complaints.String())
	}
	return string(printed), err
}

func (p *Platform) scriptEnvironment(ctx context.Context) ([]string, error) {
	kubernetes, err := controlplane.Programs(ctx, "kubectl")
	if err != nil {
		return nil, err
	}
	postgres, err := postgresserver.FindBinaries(ctx)
	if err != nil {
		return nil, err
	}
	server, err := url.Parse(p.Database.AdminURI)
	if err != nil {
		return nil, fmt.Errorf("read the address of the database: %w", err)
	}
	password, _ := server.User.Password()
	folders := []string{p.installation.programs(), kubernetes, postgres, os.Getenv("PATH")}
	return append(os.Environ(),
		"PATH="+strings.Join(folders, string(filepath.ListSeparator)),
		"KUBECONFIG="+p.installation.kubeconfig(), "NAMESPACE="+p.Namespace,
		"PGHOST="+server.Hostname(), "PGPORT="+server.Port(), "PGUSER="+server.User.Username(), "PGPASSWORD="+password,
		"DATABASE="+p.Database.Name, "DATABASE_URI="+p.Database.OperatorURI,
	), nil
}

package bootstrap_test

import (
	"os"
	"testing"

	"github.com/echoblogs/echoblogs/test/testkit/apiserver"
)

func TestMain(m *testing.M) { os.Exit(apiserver.Main(m)) }
